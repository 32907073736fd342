"""`sample.py` and `encode.py` on an untrained model."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from safetensors.numpy import save_file

import encode
import vae.numerics.determinism  # noqa: F401  before TensorFlow
from conftest import TINY
from vae.model import VAE
from vae.pipeline.trained import named_weights

TOOLS = Path(encode.__file__).parent


@pytest.fixture
def project(tmp_path):
    """A project with weights, and a picture."""
    params = TINY | {"model": TINY["model"] | {"latent_dim": 1}}
    vae = VAE(num_pixels=784, seed=1, **params["model"])
    (tmp_path / "results").mkdir()
    save_file(named_weights(vae.variables), tmp_path / "results/model.safetensors")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 20:30] = 0
    Image.fromarray(ink).save(tmp_path / "one.png")
    return tmp_path


def run(project, name, *arguments):
    return subprocess.run(
        [sys.executable, TOOLS / name, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
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
    with Image.open(project / "one.encoded.png") as picture:
        assert picture.size == (4 * 90, 4 * 30)
    again = run(project, "encode.py", "one.png", "one.png")
    assert again.stdout == result.stdout
    assert (project / "one.encoded.png").read_bytes() == content


def test_samples_are_the_same_with_the_same_seed(project):
    contents = set()
    for seed in "001":
        result = run(project, "sample.py", "5", "--seed", seed, "-o", "s.png")
        assert (result.returncode, result.stdout) == (0, "5 images in s.png\n")
        contents.add((project / "s.png").read_bytes())
    assert len(contents) == 2


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("encode.py", ["none.png"], "error: none.png: no such file\n"),
        ("encode.py", ["one.png", "--samples=0"], "error: --samples: received 0;"),
        ("sample.py", ["0"], "error: received 0 images; expected at least 1\n"),
        ("sample.py", ["1", "-o", "no/folder.png"], "error: [Errno 2] No such file"),
    ],
)
def test_a_mistake_is_one_line(project, name, arguments, message):
    result = run(project, name, *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith(message) and result.stderr.count("\n") == 1


def test_pixels_are_seen_as_in_training():
    ink = np.array([0.0, 0.3, 0.7, 1.0])
    np.testing.assert_array_equal(encode.observe(ink, "none", 0), ink)
    np.testing.assert_array_equal(encode.observe(ink, "threshold", 0), [0, 0, 1, 1])
    draws = [encode.observe(ink, "dynamic", seed) for seed in range(400)]
    drawn = np.mean(draws, axis=0)
    np.testing.assert_allclose(drawn, ink, atol=0.1)
