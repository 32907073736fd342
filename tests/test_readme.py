"""What the README tells a reader to run, run."""

import re
from pathlib import Path

import numpy as np
import yaml
from safetensors.numpy import save

from vae.evaluation.inference import decode, encode
from vae.model import VAE

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
PARAMS = yaml.safe_load((Path(__file__).parent.parent / "params.yaml").read_text())


def test_the_numpy_model_is_the_tensorflow_model(tmp_path, monkeypatch):
    """The lines of NumPy, on an untrained model of the default shape."""
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path("data").mkdir()
    vae = VAE(num_pixels=784, seed=1, **PARAMS["model"])
    Path("results/model.safetensors").write_bytes(save(vae.named_weights()))
    images = np.random.default_rng(0).integers(256, size=(3, 28, 28), dtype=np.uint8)
    np.savez("data/mnist.npz", test_images=images)

    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(code, names)

    loc, scale, _ = encode(vae, images[:1].reshape(1, -1))
    np.testing.assert_allclose(names["loc"], loc, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(names["scale"], scale, rtol=1e-4)
    reconstruction = decode(vae, loc).reshape(28, 28)
    np.testing.assert_allclose(names["reconstruction"], reconstruction, rtol=1e-4)


def test_every_file_that_the_readme_shows_is_there():
    root = Path(__file__).parent.parent
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (root / link).exists()] == []
