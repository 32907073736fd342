"""The trained model comes back from its two files, and damage to them is named."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from conftest import TINY
from fuzzing import flips, fuzz, mutations
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

DATA = {
    "dataset": np.array("Tiny"),
    "class_names": np.array(["nought", "one"]),
    "test_images": np.zeros((5, 6, 4), np.uint8),
    "binarization": np.array("dynamic"),
    "binary": np.array(True),
}
DESCRIBED = Description.of_data(TINY["model"], DATA)


def make_model():
    return VAE(num_pixels=DESCRIBED.num_pixels, **TINY["model"])


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture
def files(model, tmp_path, monkeypatch):
    """Both files of a model, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_files(pack_model(DESCRIBED, model.variables))


def test_a_description_comes_back(files):
    assert DESCRIBED.num_pixels == 24
    assert read_description() == read_description(Path.cwd()) == DESCRIBED
    assert json.loads(DESCRIPTION.read_text()) == {
        "model": TINY["model"],
        "image_shape": [6, 4],
        "dataset": "Tiny",
        "class_names": ["nought", "one"],
        "binarization": "dynamic",
        "binary": True,
    }


def test_weights_come_back_to_the_bit(files, model):
    weights = read_weights()
    assert weights["encoder.hidden_1.kernel"].shape == (24, 9)
    assert all(array.dtype == np.float32 for array in weights.values())
    other = make_model()
    for variable in other.variables:
        variable.assign(variable + 1)
    assign_weights(other.variables, weights)
    for variable, expected in zip(other.variables, model.variables, strict=True):
        np.testing.assert_array_equal(variable, expected, strict=True)
    assert save(named_weights(other.variables)) == WEIGHTS.read_bytes()


BIAS = "encoder.hidden_1.bias"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (BIAS, np.zeros(9), r"\(\(9,\), 'float64'\), expected \(\(9,\), 'float32'\)"),
        (BIAS, np.zeros(8, "f4"), r"\(\(8,\), 'float32'\), expected \(\(9,\)"),
        (BIAS, None, r"None, expected \(\(9,\), 'float32'\)"),
        ("a.bias", np.zeros(9), r"\(\(9,\), 'float64'\), expected None"),
    ],
)
def test_weights_of_another_model_are_refused(model, name, array, message):
    weights = named_weights(model.variables) | {name: array}
    if array is None:
        del weights[name]
    message = f"^weights of another model: {name} is {message}"
    with pytest.raises(ValueError, match=message):
        assign_weights(model.variables, {key: x + 1 for key, x in weights.items()})
    assert np.all(model.variables[1] == 0)  # none is assigned


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(files, value):
    weights = load(WEIGHTS.read_bytes())
    weights["decoder.hidden_1.bias"][2] = value
    WEIGHTS.write_bytes(save(weights))
    with pytest.raises(
        PipelineError, match=r"\(decoder.hidden_1.bias is not finite\);"
    ):
        read_weights()


READERS = {DESCRIPTION: read_description, WEIGHTS: read_weights}


@pytest.mark.parametrize("path", READERS)
def test_a_missing_file_is_named(files, path):
    path.unlink()
    message = f"^{path}: no such file; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=message):
        READERS[path]()


@fuzz
@given(st.data())
@pytest.mark.parametrize("path", READERS)
def test_damage_is_refused_in_one_line_or_read(files, model, path, data):
    good = pack_model(DESCRIBED, model.variables)[path]
    path.write_bytes(data.draw(st.binary(max_size=64) | mutations(good) | flips(good)))
    try:
        READERS[path]()
    except PipelineError as error:
        assert str(error).startswith(f"{path}: damaged (")
        assert len(str(error).splitlines()) == 1
