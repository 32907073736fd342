"""All that is measured, by parts that say what they were given."""

from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from models import PIXELS, evaluate_settings, make_vae
from vae.evaluation import measure as module
from vae.evaluation.elbo import Encoding
from vae.evaluation.importance import Bounds
from vae.evaluation.measure import Split, bound_curve, encode_split, measure
from vae.pipeline.errors import PipelineError

IMAGES = np.random.default_rng(0).integers(256, size=(7, PIXELS), dtype="u1")


def test_a_model_whose_bounds_overflow_is_refused_at_once(eager):
    vae = make_vae()
    vae.encoder.layers[-1].bias.assign(vae.encoder.layers[-1].bias + 1e30)
    images = IMAGES.reshape(7, 3, 2)
    with pytest.raises(PipelineError, match="test.elbo is not finite for 7 of 7"):
        encode_split(vae, images, np.zeros(7), "test", evaluate_settings())


def test_the_curve_is_of_means_and_an_unknown_evidence_is_nan():
    curve = np.array([[1.0, 2, 3], [3, 6, 9]])  # 1, 2 and 3 samples
    bounds = Bounds(np.array([2.0, 8.0]), np.array([1, 2, 3]), curve)
    some = Bounds(np.zeros(1), np.array([1, 2, 5, 10, 12]), np.arange(5.0)[None])
    means = bound_curve(bounds, some, {"log_evidence": np.array([4.0, 9.0])})
    assert means["curve_num_samples"].tolist() == [1, 2, 5, 10, 12]
    np.testing.assert_array_equal(means["curve_iwae_bound"], [2, 4, 5, 6, 7])
    assert means["num_importance_samples"] == 12
    assert means["iwae_bound"] == 5 and means["log_evidence"] == 6.5
    for wrong in ({}, {"log_evidence": np.array([4.0, 5.0])}):  # below the bound
        assert np.isnan(bound_curve(bounds, bounds, wrong)["log_evidence"])


def test_the_enclosure_is_four_bounds_and_two_distances(monkeypatch):
    """Of images drawn from the model, the latents are handed on to the upper bounds."""
    images, drawn, z = (np.full([7, 2], value) for value in (1, 2, 3))
    one = np.ones(7)
    parts = {
        "simulate": lambda *a, seed: (z, drawn),
        "lower_bounds": lambda vae, x, seed: one if x is images else -5 * one,
        "upper_bounds": lambda vae, x, z, seed: z[:, 0] * -one * (x is drawn),
    }
    for name, part in parts.items():
        monkeypatch.setattr(module, name, part)
    columns = module.enclosure_columns(None, images, -3 * one, seed=3)
    names = "test_lower", "test_gain", "simulated_lower", "simulated_upper", "gap"
    assert [columns[name][0] for name in names] == [1, 4, -5, -3, 2]


@pytest.mark.parametrize(("latent_dim", "num_points"), [(1, 201), (2, 5), (3, 0)])
def test_each_part_gets_the_test_images_and_its_settings(
    monkeypatch, latent_dim, num_points
):
    results = {
        "importance_bounds": Bounds(np.arange(7.0), np.array([1, 5]), np.zeros([7, 2])),
        "enclosure_columns": {"test_gain": np.array([0.0, 0.25, 0.5])},
        "log_evidence": (np.arange(7.0), 0.123456),
        "lower_bounds": np.array([7.0, 7.0]),
        "gaps": {"approximation_gap": np.zeros(2)},
        "latent_columns": {},
    }
    parts = {name: Mock(return_value=result) for name, result in results.items()}
    for name, part in parts.items():
        monkeypatch.setattr(module, name, part)
    encoding = Encoding(np.zeros([3, 1]), np.ones([3, 1]), np.zeros(1))
    train, test = Split(None, None, encoding, {}), Split(IMAGES, None, encoding, {})
    numbers = {"annealed_images": 3, "optimized_images": 2}
    settings = evaluate_settings(grid_points=[201, 5], **numbers)
    vae = SimpleNamespace(latent_dim=latent_dim)
    columns, scalars, _ = measure(vae, train, test, settings)

    def check(name, *arrays, **keywords):
        for received, array in zip(parts[name].call_args.args[1:], arrays, strict=True):
            np.testing.assert_array_equal(received, array)
        assert parts[name].call_args.kwargs == keywords

    few, some = [0, 3], [0, 2, 4]  # evenly spaced
    check("importance_bounds", IMAGES, proposal="posterior", num_samples=5, seed=3)
    check("enclosure_columns", IMAGES[some], some, seed=3)
    known = {"active_units": 0, "annealed_bound": 3.25}
    if num_points:
        known |= {"log_evidence_grid_change": 0.1235}
        check("log_evidence", IMAGES, num_points=num_points)
        np.testing.assert_array_equal(columns["test"]["log_evidence"], range(7))
    else:  # log p(x) is bounded by annealing
        check("lower_bounds", IMAGES[few], seed=3)
    check("gaps", IMAGES[few], few if num_points else [7, 7], seed=3)
    assert scalars == {"train": {"active_units": 0}, "test": known}
