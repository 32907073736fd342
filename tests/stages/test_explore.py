"""What the page is made of; what it does in a browser is in `explorer/`."""

import hashlib
import json
import re
from base64 import b64decode, b64encode

import numpy as np
import pytest
from safetensors.numpy import save

from conftest import ROOT, TINY
from explore import page_data, read_sources
from vae.explorer import packing
from vae.explorer.assembly import assemble, join_modules
from vae.explorer.packing import encode_floats, pack_images, pack_weights
from vae.pipeline.trained import Description

SOURCES = read_sources()


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


def test_weights_are_packed_unless_too_many(monkeypatch):
    weights = {"b": np.ones(3, "f4"), "a": np.zeros((2, 2), "f4")}
    packed = pack_weights(weights)
    values = decode_floats(packed["values"]).tobytes()
    header = packed["header"].encode()
    assert save(weights) == len(header).to_bytes(8, "little") + header + values
    monkeypatch.setattr(packing, "MAX_WEIGHTS", 6)
    assert pack_weights(weights) is None


def test_images_are_packed_as_bits_where_they_are_binary():
    images = np.random.default_rng(0).integers(256, size=(3, 5, 3), dtype=np.uint8)
    assert b64decode(pack_images(images, binary=False)) == images.tobytes()
    packed = b64decode(pack_images(255 * (images % 2), binary=True))
    bits = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(3, -1), axis=1)
    np.testing.assert_array_equal(bits[:, :15], images.reshape(3, 15) % 2)


def test_the_plane_is_that_of_the_most_informative_dimensions():
    latents = {
        "label": np.array([0, 1, 1], np.uint8),
        "loc": np.random.default_rng(0).integers(9, size=(3, 4)).astype("f4"),
        "rate_by_dimension": np.float32([1, 0, 3, 2]),
        "prior_loc": np.zeros((1, 4), "f4"),
        "prior_scale": np.ones((1, 4), "f4"),
    }
    images = {"test_images": np.zeros((3, 2, 2)), "test_labels": latents["label"]}
    images |= {"train_images": np.ones((3, 2, 2)), "train_labels": latents["label"]}
    trained = Description(TINY["model"], [2, 2], "Tiny", ["a", "b"], "dynamic", True)
    data = page_data({}, images, latents, trained)
    points = decode_floats(data["points"]).reshape(3, 2)
    np.testing.assert_array_equal(points, latents["loc"][:, [2, 3]])
    np.testing.assert_array_equal(decode_floats(data["prior"]["scale"]), np.ones(4))


def test_modules_are_joined_in_the_order_of_their_imports():
    modules = {
        "panes/a.js": 'import { b, $c } from "../core/b.js";\nb($c);\n',
        "core/b.js": 'import { d } from "./d.js";\n'
        "export function b() {}\nexport const $c = 1;\nconst hidden = d;\n",
        "core/d.js": "export class d {}\n",
        "idle.js": "idle();\n",
    }
    script = join_modules(modules, "panes/a.js")
    joined = re.findall(r"^modules\[.(.*).\] =", script, re.M)
    assert joined == ["core/d.js", "core/b.js", "panes/a.js"]
    assert 'const { d } = modules["core/d.js"];\nfunction b() {}' in script
    assert "return { b, $c };" in script and "import" not in script


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("const b = 1;", r"a.js: b.js does not export \['b'\]"),
        ('import { a } from "./a.js";\nexport const b = 1;', "a.js imports itself"),
    ],
)
def test_modules_that_cannot_be_joined_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        join_modules({"a.js": 'import { b } from "./b.js";', "b.js": text}, "a.js")


def test_data_are_never_markup_and_the_policy_names_all_that_may_run():
    data = {"class_names": ["</script><script>alert(1)</script>", "{{policy}}"]}
    page = assemble(data, SOURCES)
    (content,) = re.findall(r'id="data">(.*?)</script>', page, re.S)
    assert json.loads(content) == data and "<" not in content
    assert "alert(1)" not in page.replace(content, "")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    hashes = []
    for tag in ("script", "style"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = hashlib.sha256(text.encode()).digest()
        hashes.append(f"'sha256-{b64encode(digest).decode()}'")
    parts = "default-src 'none'; script-src {}; worker-src blob:; style-src {}; "
    parts += "base-uri 'none'; form-action 'none'"
    assert policy == parts.format(*hashes)


def test_every_module_is_used_and_the_worker_has_those_of_the_core():
    page = assemble({}, SOURCES)
    (worker,) = re.findall(r'id="worker">(.*?)</script>', page, re.S)
    used = set(re.findall(r'^modules\["(.*)"\] =', page, re.M))
    assert used == {name for name in SOURCES if name.endswith(".js")}
    assert "core/" in worker and "panes/" not in worker
    assert "://" not in "".join(SOURCES.values())


def test_the_committed_page_is_small():
    assert (ROOT / "results/explorer.html").stat().st_size < 4_000_000
