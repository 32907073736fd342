"""The trained model comes back from its two files, and damage to them is named."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

import vae
from conftest import TINY
from vae.model import VAE
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files
from vae.pipeline.trained import (
    DESCRIPTION,
    WEIGHTS,
    Description,
    assign_weights,
    named_weights,
    pack_model,
    read_description,
    read_weights,
)

DESCRIBED = Description(TINY["model"], [6, 4], "Tiny", ["0", "1"], "dynamic", True)


@pytest.fixture(scope="module")
def model():
    return VAE(num_pixels=DESCRIBED.num_pixels, **TINY["model"])


@pytest.fixture
def files(model, tmp_path, monkeypatch):
    """Both files of a model, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_files(pack_model(DESCRIBED, model.variables))


def test_both_files_come_back_to_the_bit(files, model):
    assert read_description() == read_description(Path.cwd()) == DESCRIBED
    assert DESCRIBED.num_pixels == 24
    weights = read_weights()
    assert weights["encoder.hidden_1.kernel"].shape == (24, 9)
    for variable in model.variables:
        variable.assign(variable + 1)
    assign_weights(model.variables, weights)
    assert save(named_weights(model.variables)) == WEIGHTS.read_bytes()


BIAS = "encoder.hidden_1.bias"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({BIAS: np.zeros(8, "f4")}, f"{BIAS} has the shape (8,), expected (9,)"),
        ({"prior.a": np.zeros(9)}, "prior.a has the shape (9,), expected None"),
    ],
)
def test_weights_of_another_model_are_refused(files, model, changes, message):
    WEIGHTS.write_bytes(save(named_weights(model.variables) | changes))
    with pytest.raises(PipelineError) as error:
        vae.load(".")
    assert str(error.value) == f"{WEIGHTS}: weights of another model: {message}"


READERS = {DESCRIPTION: read_description, WEIGHTS: read_weights}


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize("damage", [lambda good: good[:-2], lambda good: b"{}"])
def test_a_damaged_file_is_named(files, path, damage):
    path.write_bytes(damage(path.read_bytes()))
    expected = rf"^{path}: damaged \(.*\); make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=expected):
        READERS[path]()
