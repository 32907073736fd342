"""`sample.py` and `encode.py` on an untrained model."""

import os
import re

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image
from safetensors.numpy import load, save

import encode
import sample
from conftest import TINY
from vae.model import VAE
from vae.pipeline.files import write_files
from vae.pipeline.trained import DESCRIPTION, WEIGHTS, Description, pack_model

MODEL = TINY["model"] | {"latent_dim": 1}
DESCRIBED = Description(MODEL, [28, 28], "Tiny", [], "dynamic", binary=True)


def write_results(description=DESCRIBED):
    vae = VAE(num_pixels=description.num_pixels, seed=1, **description.model)
    write_files(pack_model(description, vae.variables))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A model and pictures as the current folder, without params.yaml."""
    monkeypatch.chdir(tmp_path)
    write_results()
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 20:30] = 0
    for name in ("one.png", "one.jpg", "\x1b[2J.png"):
        Image.fromarray(ink).save(name)
    return tmp_path


def test_a_picture_has_its_terms_and_its_reconstruction(project, tool):
    status, printed, errors = tool(encode, "one.png one.png \x1b[2J.png")
    assert status == 0, errors
    header, first, second, escaped = printed.splitlines()
    assert header.split() == "nats rate distortion ELBO bound log p(x)".split()
    assert first.startswith("one.png ") and escaped.startswith(r"\x1b[2J.png ")
    assert first.split()[-1] == second.split()[-1]  # the grid has no noise
    rate, distortion, elbo, bound, evidence = map(float, first.split()[1:])
    assert abs(elbo + rate + distortion) < 0.02 and elbo < bound
    assert abs(bound - evidence) < 0.5
    content = (project / "one.encoded.png").read_bytes()
    assert imread(project / "one.encoded.png").shape[:2] == (4 * 30, 4 * 90)
    again = tool(encode, "one.png one.png \x1b[2J.png")
    assert again[1] == printed
    assert (project / "one.encoded.png").read_bytes() == content


def test_samples_are_the_same_with_the_same_seed(project, tool):
    contents = set()
    for seed in "001":
        arguments = f"5 --seed {seed} -o s.png"
        assert tool(sample, arguments) == (0, "5 images in s.png\n", "")
        contents.add((project / "s.png").read_bytes())
    assert len(contents) == 2


def test_images_need_not_be_square(project, tool):
    write_results(DESCRIBED._replace(image_shape=[6, 4]))
    assert tool(sample, "5 -o s.png")[0] == 0
    assert imread("s.png").shape[:2] == (4 * 2 * (6 + 2), 4 * 3 * (4 + 2))
    assert tool(encode, "one.png")[0] == 0
    seen = imread("one.encoded.png")[: 4 * 6 : 4, : 4 * 4 : 4]
    assert seen.shape == (6, 4) and 0 < np.count_nonzero(seen < 0.5) < 24


def change_weights(change):
    weights = load(WEIGHTS.read_bytes())
    change(weights)
    WEIGHTS.write_bytes(save(weights))


def put(path, make):
    path.unlink()
    make(path)


MAKE = "make it with: dvc repro train"
BIAS = "decoder.likelihood.bias"
BAD_WEIGHTS = f"{WEIGHTS}: damaged"


@pytest.mark.parametrize("command", [(sample, "1"), (encode, "one.png")])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (WEIGHTS.unlink, f"{WEIGHTS}: no such file; {MAKE}; or get it with: dvc "),
        (DESCRIPTION.unlink, f"{DESCRIPTION}: no such file; {MAKE}; or get it with: "),
        (lambda: WEIGHTS.write_bytes(b"x"), f"{BAD_WEIGHTS} (Error while deserial"),
        (lambda: put(WEIGHTS, os.mkfifo), f"{WEIGHTS}: something else where a file "),
        (lambda: put(DESCRIPTION, os.mkdir), f"{DESCRIPTION}: something else where "),
        (lambda: DESCRIPTION.write_text("[]"), f"{DESCRIPTION}: damaged ("),
        (lambda: change_weights(dict.popitem), f"{BAD_WEIGHTS} (weights of another"),
        (
            lambda: change_weights(lambda weights: weights[BIAS].fill(np.nan)),
            f"{BAD_WEIGHTS} ({BIAS} is not finite)",
        ),
    ],
)
def test_a_model_that_cannot_be_read_is_one_line(
    project, tool, command, damage, message
):
    damage()
    status, printed, errors = tool(*command)
    assert (status, printed) == (1, "")
    assert errors.startswith(f"error: {message}") and errors.count("\n") == 1


@pytest.mark.parametrize(
    ("tool_and_arguments", "message"),
    [
        ((encode, "none.png"), "none.png: no such file\n"),
        ((encode, "."), ".: no picture that can be read (it is no file)"),
        ((encode, "one.png one.jpg"), "one.png and one.jpg: both would be written as "),
        ((encode, "a.encoded.png a.png"), "a.encoded.png: would be replaced by what a"),
        ((sample, "1 -o one.png/a.png"), "one.png: a file where a folder should be"),
        ((sample, "1 -o results/model.json"), "results/model.json: received 'model.js"),
        ((sample, "1 -o /dev/null"), "/dev/null: received 'null'; expected a name in"),
    ],
)
def test_a_mistake_is_one_line_and_loses_nothing(
    project, tool, tool_and_arguments, message
):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    status, printed, errors = tool(*tool_and_arguments)
    assert (status, printed) == (1, "")
    assert re.sub(r"(?<=error: )/.*/(?=one)", "", errors).startswith(
        f"error: {message}"
    )
    assert errors.count("\n") == 1
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_pixels_of_a_picture_are_seen_as_in_training_whatever_others_there_are():
    ink = np.tile([0.0, 0.3, 0.7, 1.0], (2, 1000, 1))
    for how, seen in {"none": ink, "threshold": ink > 0.5}.items():
        np.testing.assert_allclose(encode.observe(ink, how, 0), seen, atol=0.002)
    first, second = encode.observe(ink, "dynamic", 0)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first.mean(axis=0), ink[0, 0], atol=0.06)
