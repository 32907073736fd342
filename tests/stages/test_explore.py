"""What the page is made of; what it does in a browser is in `explorer/`."""

import hashlib
import json
import re
from base64 import b64decode, b64encode

import numpy as np

import explore
from conftest import ROOT, TINY
from explore import assemble, encode_floats, gather, pack_images, pack_weights
from vae.pipeline.params import Params

SOURCES = {p.name: p.read_text() for p in explore.SOURCES.glob("*.*")}
COMMITTED = ROOT / "results/explorer.html"


def decode_floats(text):
    packed = np.frombuffer(b64decode(text), np.uint8).reshape(-1, 3)
    return np.pad(packed, [(0, 0), (1, 0)]).view("<f4").ravel()


def test_numbers_are_rounded_to_24_bits():
    rng = np.random.default_rng(0)
    numbers = (rng.normal(size=999) * 10.0 ** rng.integers(-8, 8, 999)).astype("f4")
    numbers = np.append(numbers, np.float32([0, -0.0, 1, -2.5]))
    received = decode_floats(encode_floats(numbers))
    np.testing.assert_allclose(received, numbers, rtol=2**-16, atol=0)
    np.testing.assert_array_equal(received[-4:], [0, -0.0, 1, -2.5])
    assert encode_floats(received) == encode_floats(numbers)


def test_binary_images_are_packed_as_bits():
    images = np.random.default_rng(0).integers(2, size=(3, 5, 3), dtype=np.uint8)
    binary, text = pack_images(255 * images)
    bits = np.unpackbits(
        np.frombuffer(b64decode(text), np.uint8).reshape(3, -1), axis=1
    )
    assert binary
    np.testing.assert_array_equal(bits[:, :15], images.reshape(3, 15))


def test_grey_images_stay_grey():
    images = np.random.default_rng(0).integers(256, size=(3, 5, 3), dtype=np.uint8)
    binary, text = pack_images(images)
    assert not binary and b64decode(text) == images.tobytes()


def test_the_plane_is_that_of_the_most_informative_dimensions():
    rng = np.random.default_rng(0)
    latents = {
        "dataset": np.array("Tiny"),
        "class_names": np.array(["a", "b"]),
        "image_shape": np.array([2, 2]),
        "label": np.array([0, 1, 1], np.uint8),
        "loc": rng.integers(9, size=(3, 4)).astype("f4"),
        "rate_by_dimension": np.float32([1, 0, 3, 2]),
        "prior_loc": np.zeros((1, 4)),
        "prior_scale": np.ones((1, 4)),
    }
    images = {"test_images": np.zeros((3, 2, 2)), "test_labels": latents["label"]}
    data = gather({}, images, latents, Params.model_validate(TINY))
    points = decode_floats(data["points"]).reshape(3, 2)
    np.testing.assert_array_equal(points, latents["loc"][:, [2, 3]])


def test_data_are_never_markup():
    data = {"class_names": ["</script><script>alert(1)</script>", "{{policy}}"]}
    page = assemble(data, SOURCES)
    (content,) = re.findall(r'id="data">(.*?)</script>', page, re.S)
    assert json.loads(content) == data and "<" not in content
    assert "alert(1)" not in page.replace(content, "")


def test_the_policy_names_what_may_run_and_nothing_else():
    page = assemble({}, SOURCES)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    scripts = re.findall(r'<script id="[\w.]+">(.*?)</script>', page, re.S)
    assert len(scripts) == len(explore.SCRIPTS) - len(explore.WORKER_ONLY)
    for text in [*scripts, *re.findall("<style>(.*?)</style>", page, re.S)]:
        digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy and "http" not in policy


def test_every_part_of_the_page_is_used():
    used = {f"{name}.js" for name in explore.SCRIPTS} | {"page.html", "page.css"}
    assert set(SOURCES) == used
    page = assemble({}, SOURCES)
    for text in SOURCES.values():
        assert "{{" in text or text in page


def test_nothing_of_the_page_lies_elsewhere():
    assert "://" not in "".join(SOURCES.values())


def test_too_many_weights_are_left_out(monkeypatch):
    weights = {"b": np.zeros(3, "f4"), "a": np.zeros((2, 2), "f4")}
    assert [tensor["name"] for tensor in pack_weights(weights)] == ["a", "b"]
    monkeypatch.setattr(explore, "MAX_WEIGHTS", 6)
    assert pack_weights(weights) == []


def test_the_committed_page_is_small():
    assert len(COMMITTED.read_bytes()) < 3_000_000
