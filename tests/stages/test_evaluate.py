"""The weights that `evaluate` reads; its runs are in `test_stages.py`."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import save

import evaluate
from conftest import TINY
from fuzzing import flips, fuzz, mutations
from vae.model import VAE
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import Params

PARAMS = Params.model_validate(TINY)
VAE_OF_PARAMS = VAE(num_pixels=24, **TINY["model"])
WEIGHTS = VAE_OF_PARAMS.named_weights()
GOOD = save(WEIGHTS)


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evaluate.WEIGHTS.parent.mkdir()
    # Built once, as that takes longer than to read a file.
    monkeypatch.setattr(evaluate, "VAE", lambda **kwargs: VAE_OF_PARAMS)


def load(content):
    evaluate.WEIGHTS.write_bytes(content)
    return evaluate.load_model(PARAMS, num_pixels=24).named_weights()


def test_weights_arrive():
    expected = {name: array + 1 for name, array in WEIGHTS.items()}
    received = load(save(expected))
    for name, array in expected.items():
        np.testing.assert_array_equal(received[name], array, strict=True)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(GOOD[:-1], id="cut"),
        pytest.param(GOOD.replace(b"F32", b"I32"), id="another type"),
        pytest.param(GOOD.replace(b"hidden_1.bias", b"hidden_3.bias"), id="a name"),
        pytest.param(save({}), id="no weights"),
        pytest.param(save({n: np.float64(a) for n, a in WEIGHTS.items()}), id="wide"),
        pytest.param(save({n: a + np.inf for n, a in WEIGHTS.items()}), id="infinite"),
    ],
)
def test_damaged_weights_are_named_with_the_stage_that_makes_them(content):
    message = r"^results/model.safetensors: damaged \(.*; make .*: dvc repro train$"
    with pytest.raises(PipelineError, match=message):
        load(content)


@fuzz
@given(st.binary(max_size=64) | mutations(GOOD) | flips(GOOD))
@example(GOOD)
def test_any_weights_are_refused_or_are_what_the_file_says(content):
    """A flipped bit of a weight cannot be noticed: the format has no checksum."""
    try:
        received = load(content)
    except PipelineError as error:
        assert len(str(error).splitlines()) == 1
        assert content != GOOD
    else:
        assert save(received)[-4:] == content[-4:]
        assert all(np.isfinite(array).all() for array in received.values())
