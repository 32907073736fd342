"""`sample.py` and `encode.py` with an untrained model."""

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

import encode
import sample
from conftest import TINY
from vae.model import VAE
from vae.pipeline.files import write_files
from vae.pipeline.trained import WEIGHTS, Description, pack_model

MODEL = TINY["model"] | {"latent_dim": 1}
DESCRIBED = Description(MODEL, [28, 28], "Tiny", [], "dynamic", binary=True)


def write_results(description=DESCRIBED):
    vae = VAE(num_pixels=description.num_pixels, seed=1, **description.model)
    write_files(pack_model(description, vae.variables))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make the current folder one with a model and pictures, without params.yaml."""
    monkeypatch.chdir(tmp_path)
    write_results()
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 20:30] = 0
    for name in ("one.png", "one.jpg", "\x1b[2J.png"):
        Image.fromarray(ink).save(name)
    return tmp_path


def test_encode_prints_terms_and_writes_a_reconstruction(project, tool):
    status, printed, errors = tool(encode, "one.png \x1b[2J.png")
    assert status == 0, errors
    header, first, escaped = printed.splitlines()
    assert header.split() == "nats rate distortion ELBO bound log p(x)".split()
    assert first.startswith("one.png ") and escaped.startswith(r"\x1b[2J.png ")
    rate, distortion, elbo, bound, evidence = map(float, first.split()[1:])
    assert abs(elbo + rate + distortion) < 0.02 and elbo < bound
    assert abs(bound - evidence) < 0.5
    content = (project / "one.encoded.png").read_bytes()
    assert imread(project / "one.encoded.png").shape[:2] == (4 * 30, 4 * 90)
    again = tool(encode, "one.png \x1b[2J.png")
    assert again[1] == printed
    assert (project / "one.encoded.png").read_bytes() == content


def test_images_need_not_be_square_and_samples_depend_on_the_seed(project, tool):
    write_results(DESCRIBED._replace(image_shape=[6, 4]))
    contents = set()
    for seed in "001":
        arguments = f"5 --seed {seed} -o s.png"
        assert tool(sample, arguments) == (0, "5 images in s.png\n", "")
        contents.add((project / "s.png").read_bytes())
    assert len(contents) == 2
    assert imread("s.png").shape[:2] == (4 * 2 * (6 + 2), 4 * 3 * (4 + 2))
    assert tool(encode, "one.png")[0] == 0
    seen = imread("one.encoded.png")[: 4 * 6 : 4, : 4 * 4 : 4]
    assert seen.shape == (6, 4) and 0 < np.count_nonzero(seen < 0.5) < 24


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        (encode, "none.png", "none.png: not a readable picture"),
        (encode, "one.png one.jpg", "one.encoded.png: two pictures would write it"),
        (sample, "1 -o one.png/a.png", "one.png/a.png: not written: File exists"),
    ],
)
def test_a_mistake_gives_a_one_line_error_and_changes_no_file(
    project, tool, module, arguments, message
):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    status, printed, errors = tool(module, arguments)
    assert (status, printed) == (1, "")
    assert errors.startswith(f"error: {message}") and errors.count("\n") == 1
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_missing_weights_give_a_one_line_error(project, tool):
    WEIGHTS.unlink()
    status, printed, errors = tool(sample, "1")
    assert (status, printed, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(f"error: {WEIGHTS}: no such file; run from the project's")


def test_each_picture_is_binarized_as_in_training_independently_of_others():
    ink = np.tile([0.0, 0.3, 0.7, 1.0], (2, 1000, 1))
    for how, seen in {"none": ink, "threshold": ink > 0.5}.items():
        np.testing.assert_allclose(encode.observe(ink, how), seen, atol=0.002)
    first, second = encode.observe(ink, "dynamic")
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first.mean(axis=0), ink[0, 0], atol=0.06)
