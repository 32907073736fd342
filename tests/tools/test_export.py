"""Files, card and errors of the export; the tool itself checks the networks."""

import errno
import json
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import yaml

import export
import networks
from conftest import TINY
from vae.model import VAE
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files
from vae.pipeline.trained import Description, pack_model

# NumPy 2 warns about the way in which Keras saves variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

METRICS = {"elbo": -3.5, "rate": 1.25, "log_evidence": -3.0, "active_units": 2}
ERRORS = "metric,train,test\nelbo,0.1,0.25\nrate,0.1,0.5\nlog_evidence,,\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that makes an untrained model with metrics and exports it."""
    monkeypatch.chdir(tmp_path)

    def make(*arguments, **model):
        model = TINY["model"] | model
        description = Description(model, [6, 4], "Tiny", [], "dynamic", binary=True)
        variables = VAE(num_pixels=24, seed=1, **model).variables
        write_files(pack_model(description, variables))
        Path("results/metrics.json").write_text(json.dumps({"test": METRICS}))
        Path("results/standard_errors.csv").write_text(ERRORS)
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


def test_the_card_has_metrics_with_standard_errors(project, monkeypatch):
    monkeypatch.setattr(networks, "build", lambda *args: {})
    monkeypatch.setattr(networks, "check", lambda *args: 0.0)
    project("--output", "card")
    _, head, text = Path("card/README.md").read_text().split("---\n", 2)
    ((result,),) = (model["results"] for model in yaml.safe_load(head)["model-index"])
    assert result["dataset"]["name"] == "Tiny"
    assert [metric["value"] for metric in result["metrics"]] == [-3.5, 1.25, -3.0]
    errors = [metric.get("standard_error") for metric in result["metrics"]]
    assert errors == [0.25, 0.5, None]
    assert "| ELBO, nats per image | -3.5000 | 0.2500 |" in text
    assert "`decoder.keras`: maps z [batch, 3] to `mean` [batch, 24]" in text


def test_a_failed_export_gives_a_one_line_error_and_no_files(project, monkeypatch):
    Path("old").mkdir()
    with pytest.raises(PipelineError, match="^old: exists; name a new folder"):
        project("--output", "old")
    monkeypatch.setattr(export, "ONNX_PACKAGES", ("nothing_like_it",))
    with pytest.raises(PipelineError, match="^no package nothing_like_it; pip install"):
        project("--format", "onnx")
    with monkeypatch.context() as patch:
        full = OSError(errno.EFBIG, "File too large")  # names no file
        patch.setattr(networks, "write", Mock(side_effect=full))
        with pytest.raises(PipelineError, match="^exported: not written: File too"):
            project()
    monkeypatch.setattr(networks, "TOLERANCE", 0)
    with pytest.raises(AssertionError, match="^keras differs from NumPy by"):
        project()
    assert not Path("exported").exists() and not list(Path("old").iterdir())
