"""The trained model comes back from its two files, and damage to them is named."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

import vae
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


@pytest.fixture(scope="module")
def model():
    return VAE(num_pixels=DESCRIBED.num_pixels, **TINY["model"])


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
    for variable in model.variables:
        variable.assign(variable + 1)
    assign_weights(model.variables, weights)
    assert save(named_weights(model.variables)) == WEIGHTS.read_bytes()


BIAS = "encoder.hidden_1.bias"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({BIAS: np.zeros(9)}, "((9,), 'float64'), expected ((9,), 'float32')"),
        ({BIAS: np.zeros(8, "f4")}, "((8,), 'float32'), expected ((9,), 'float32')"),
        ({BIAS: None}, "None, expected ((9,), 'float32')"),
        ({"prior.a": np.zeros(9)}, "((9,), 'float64'), expected None"),
    ],
)
def test_weights_of_another_model_are_refused(files, model, changes, message):
    weights = named_weights(model.variables)
    others = {name: x + 1 for name, x in weights.items()} | changes
    others = {name: x for name, x in others.items() if x is not None}
    (name,) = changes
    with pytest.raises(ValueError) as error:
        assign_weights(model.variables, others)
    assert str(error.value) == f"weights of another model: {name} is {message}"
    assert save(named_weights(model.variables)) == save(weights)  # none is assigned
    WEIGHTS.write_bytes(save(others))
    with pytest.raises(PipelineError, match=f": damaged .*of another model: {name} is"):
        vae.load(".")


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({"binarization": "a"}, {}, "['binarization']: received 'a'; Input should be "),
        (
            {"image_shape": [6]},
            {},
            "['image_shape']: received [6]; List should have at",
        ),
        ({"new": 1}, {}, "['new']: received 1; Extra inputs are not permitted"),
        ({}, {"likelihood": "a"}, "['likelihood']: received 'a'; Input should be "),
        ({}, {"hidden_units": [9]}, "decoder.hidden_1.bias is ((5,), 'float32'), expe"),
        ({}, {"latent_dim": 4}, "decoder.hidden_1.kernel is ((3, 5), 'float32'), expe"),
        ({}, {"prior": "vamp"}, "prior.pseudo_inputs is None, expected (("),
        ({}, {"likelihood": "gaussian"}, "likelihood.log_scale is None, expected (()"),
    ],
)
def test_another_description_is_refused(files, changes, settings, message):
    other = DESCRIBED._asdict() | {"model": TINY["model"] | settings} | changes
    DESCRIPTION.write_text(json.dumps(other))
    with pytest.raises(PipelineError, match=": damaged ") as error:
        read_weights()
    assert message in str(error.value)


READERS = {DESCRIPTION: read_description, WEIGHTS: read_weights}


@fuzz
@given(st.data())
@pytest.mark.parametrize("path", READERS)
def test_damage_is_refused_in_one_line_or_read(files, model, path, data):
    good = pack_model(DESCRIBED, model.variables)[path]
    path.write_bytes(data.draw(mutations(good) | flips(good)))
    try:
        READERS[path]()
    except PipelineError as error:
        assert str(error).startswith(f"{path}: damaged (")
        assert str(error).endswith("; make it with: dvc repro train")
        assert len(str(error).splitlines()) == 1
