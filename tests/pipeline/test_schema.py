"""Allowed values of parameters, and inconsistent combinations."""

from pathlib import Path
from typing import get_args

import pytest

from conftest import TINY, write_params
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import read_params
from vae.pipeline.schema import LEARNED_PRIORS, Model


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refusal(**changes):
    """Return the one-line error for TINY with some changes."""
    write_params(**changes)
    with pytest.raises(PipelineError) as error:
        read_params()
    (line,) = str(error.value).splitlines()
    return line


def test_values_have_their_types():
    write_params()
    assert read_params().model_dump() == TINY
    path = Path("params.yaml")
    path.write_text(
        path.read_text().replace("gaussian_scale: learned", "gaussian_scale: 1e-1")
    )
    assert read_params().model.gaussian_scale == 0.1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("download__size", [0, 9], "Input should be 'original' or [height, width]"),
        ("train__epochs", True, "Input should be a valid integer"),
        ("train__epochs", 2**31, "Input should be less than 2147483648"),
        ("train__learning_rate", 0, "Input should be greater than 0"),
        ("train__learning_rate", float("nan"), "Input should be a finite number"),
        ("train__beta", 1e39, "Input should be less than or equal to 1000000"),
        ("train__objective", "mse", "Input should be 'elbo', 'capacity', 'iwae' or"),
        ("model__hidden_units", [], "List should have at least 1 item"),
        ("model__gaussian_scale", 0, "Input should be 'learned' or at least 0.001"),
        ("evaluate__num_importance_samples", 9, "Input should be at least 10 with"),
    ],
)
def test_a_wrong_value_is_named_with_the_allowed_values(name, value, message):
    line = refusal(**{name: value})
    name = name.replace("__", ".")
    assert line.startswith(f"params.yaml: {name}: received {value!r}; {message}")


def test_a_mistake_is_named_by_section_and_key():
    message = "params.yaml: evaluate.grid_points.0: received 2; Input should be 0 or"
    assert refusal(evaluate__grid_points=[2, 41]).startswith(message)
    message = "params.yaml: train.epoch: unknown; allowed here: objective, num_samples"
    assert refusal(train__epoch=3).startswith(message)


VAMP = {"model__prior": "vamp"}
FLOW = {"model__prior": "flow"}
GAUSSIAN = {"model__likelihood": "gaussian"}
IWAE = {"train__objective": "iwae", "train__num_samples": 2}


@pytest.mark.parametrize(
    ("others", "change", "message"),
    [
        ({}, {"train__objective": "iwae"}, "train.num_samples: received 1; Input sho"),
        (IWAE, {"train__final_samples": 1}, "train.final_samples: received 1; Input s"),
        (VAMP, {"train__objective": "capacity"}, "train.objective: received 'capacit"),
        (FLOW, {"model__latent_dim": 1}, "model.prior: received 'flow' with model.la"),
        (GAUSSIAN, {"evaluate__annealed_images": 5}, "evaluate.annealed_images: rece"),
    ],
)
def test_inconsistent_values_are_refused(others, change, message):
    assert refusal(**others, **change).startswith(f"params.yaml: {message}")
    write_params(**others)
    read_params()  # nothing else is wrong


def test_every_prior_but_the_standard_one_is_learned():
    priors = get_args(Model.model_fields["prior"].annotation)
    assert set(priors) - set(LEARNED_PRIORS) == {"standard"}
