"""`sample.py` and `encode.py` on an untrained model."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

import encode
from conftest import ROOT, TINY
from vae.model import VAE
from vae.pipeline.files import write_files
from vae.pipeline.trained import Description, pack_model, read_description

MODEL = TINY["model"] | {"latent_dim": 1}
DESCRIPTION = Description(MODEL, [28, 28], "Tiny", [], "dynamic", binary=True)


def write_results(folder, description):
    vae = VAE(num_pixels=description.num_pixels, seed=1, **description.model)
    contents = pack_model(description, vae.variables)
    write_files({folder / path: content for path, content in contents.items()})


@pytest.fixture
def project(tmp_path):
    """A model and a picture, without params.yaml."""
    write_results(tmp_path, DESCRIPTION)
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 20:30] = 0
    Image.fromarray(ink).save(tmp_path / "one.png")
    return tmp_path


def run(project, name, *arguments):
    command = [sys.executable, ROOT / "tools" / name, *arguments]
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False
    )


def test_a_picture_has_its_terms_and_its_reconstruction(project):
    result = run(project, "encode.py", "one.png", "one.png")
    assert result.returncode == 0, result.stderr
    header, first, second = result.stdout.splitlines()
    assert header.split() == "nats rate distortion ELBO bound log p(x)".split()
    assert first.startswith("one.png ")
    assert first.split()[-1] == second.split()[-1]  # the grid has no noise
    rate, distortion, elbo, bound, evidence = map(float, first.split()[1:])
    assert abs(elbo + rate + distortion) < 0.02 and elbo < bound
    assert abs(bound - evidence) < 0.5
    content = (project / "one.encoded.png").read_bytes()
    assert imread(project / "one.encoded.png").shape[:2] == (4 * 30, 4 * 90)
    again = run(project, "encode.py", "one.png", "one.png")
    assert again.stdout == result.stdout
    assert (project / "one.encoded.png").read_bytes() == content


def test_samples_are_the_same_with_the_same_seed_and_need_not_be_square(tmp_path):
    write_results(tmp_path, DESCRIPTION._replace(image_shape=[6, 4]))
    contents = set()
    for seed in "001":
        result = run(tmp_path, "sample.py", "5", "--seed", seed, "-o", "s.png")
        assert (result.returncode, result.stdout) == (0, "5 images in s.png\n")
        contents.add((tmp_path / "s.png").read_bytes())
    assert len(contents) == 2
    assert imread(tmp_path / "s.png").shape[:2] == (4 * 2 * (6 + 2), 4 * 3 * (4 + 2))
    with pytest.raises(encode.PipelineError, match="^the model has images of 4 x 6 "):
        encode.read_ink([], read_description(tmp_path))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("encode.py none.png", "none.png: no such file\n"),
        ("encode.py one.png --samples=0", "--samples: received 0; expected at least 1"),
        ("sample.py 0", "received 0 images; expected at least 1\n"),
        ("sample.py 1 -o no/folder.png", "no/folder.png: No such file or directory"),
    ],
)
def test_a_mistake_is_one_line(project, command, message):
    result = run(project, *command.split())
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1


def test_pixels_of_a_picture_are_seen_as_in_training_whatever_others_there_are():
    ink = np.tile([0.0, 0.3, 0.7, 1.0], (2, 1000, 1))
    for how, seen in {"none": ink, "threshold": ink > 0.5}.items():
        np.testing.assert_allclose(encode.observe(ink, how, 0), seen, atol=0.002)
    first, second = encode.observe(ink, "dynamic", 0)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first.mean(axis=0), ink[0, 0], atol=0.06)
