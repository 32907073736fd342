"""Files and errors of the export; the tool itself checks the networks."""

import sys
from pathlib import Path

import numpy as np
import pytest

import export
import networks
from conftest import TINY
from vae.model import VAE
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files
from vae.pipeline.trained import Description, pack_model

# NumPy 2 warns about the way in which Keras saves variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that makes an untrained model and exports it."""
    monkeypatch.chdir(tmp_path)

    def make(*arguments, **model):
        model = TINY["model"] | model
        description = Description(model, [6, 4], "Tiny", [], "dynamic", binary=True)
        variables = VAE(num_pixels=24, seed=1, **model).variables
        write_files(pack_model(description, variables))
        monkeypatch.setattr(sys, "argv", ["export.py", *arguments])
        export.main()

    return make


@pytest.mark.parametrize(
    ("activation", "likelihood"),
    [("gelu", "bernoulli"), ("elu", "gaussian"), ("gelu", "continuous_bernoulli")],
)
def test_networks_equal_the_model(project, capsys, activation, likelihood):
    project(activation=activation, likelihood=likelihood, prior="vamp")
    assert "exported/: within " in capsys.readouterr().out
    x = np.random.default_rng(0).random((2, 24))
    encoded = networks.read_and_run(Path("exported/encoder.keras"), x)
    shapes = {name: array.shape for name, array in encoded.items()}
    assert shapes == {"loc": (2, 3), "scale": (2, 3)}


def test_a_failed_export_gives_a_one_line_error_and_no_files(project, monkeypatch):
    Path("old").mkdir()
    with pytest.raises(PipelineError, match="^old: exists; name a new folder"):
        project("--output", "old")
    monkeypatch.setattr(export, "ONNX_PACKAGES", ("nothing_like_it",))
    with pytest.raises(PipelineError, match="^no package nothing_like_it; pip install"):
        project("--format", "onnx")
    monkeypatch.setattr(networks, "TOLERANCE", 0)
    with pytest.raises(AssertionError, match="^keras differs from NumPy by"):
        project()
    assert not Path("exported").exists() and not list(Path("old").iterdir())
