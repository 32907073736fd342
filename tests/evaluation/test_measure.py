"""All that is measured, by parts that say what they were given."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from models import PIXELS, evaluate_settings, make_vae
from vae.evaluation import measure as module
from vae.evaluation.elbo import Encoding, encode, rates_and_distortions
from vae.evaluation.importance import Bounds
from vae.evaluation.measure import Split, bound_curve, encode_split, measure
from vae.pipeline.errors import PipelineError

ONE = np.ones(7)
GRAY = np.random.default_rng(0).integers(256, size=(20, 3, 2), dtype="u1")
IMAGES = GRAY[13:].reshape(7, PIXELS)


def test_each_split_has_encodings_and_bounds_of_its_own(eager):
    vae, settings = make_vae(latent_dim=1), evaluate_settings()
    train = encode_split(vae, GRAY[:13], np.arange(13) % 2, "train", settings)
    test = encode_split(vae, GRAY[13:], np.arange(7) % 2, "test", settings)
    np.testing.assert_array_equal(test.images, IMAGES)
    np.testing.assert_array_equal(test.encoding.loc, encode(vae, IMAGES).loc)
    draw = {"num_samples": 2, "seed": 3, "split": "test"}
    rate, distortion = rates_and_distortions(vae, IMAGES, **draw)
    expected = {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}
    assert test.columns.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(test.columns[name], values)

    columns = module.latent_columns(train, test, seed=3)
    assert all(values.shape == (7,) for values in columns.values())
    information = columns["mutual_information"] + columns["marginal_kl"]
    np.testing.assert_allclose(information, rate)


def test_a_model_whose_bounds_overflow_is_refused_at_once(eager):
    vae = make_vae()
    vae.encoder.layers[-1].bias.assign(vae.encoder.layers[-1].bias + 1e30)
    with pytest.raises(PipelineError, match="test.elbo is not finite for 13 of 13"):
        encode_split(vae, GRAY[:13], np.zeros(13), "test", evaluate_settings())


def test_the_curve_is_of_means_and_an_unknown_evidence_is_nan():
    curve = np.array([[1.0, 2, 3], [3, 6, 9]])  # 1, 2 and 3 samples
    bounds = Bounds(12, np.array([2.0, 8.0]), np.array([1, 2, 3]), curve)
    some = Bounds(12, np.zeros(1), np.array([1, 2, 5, 10, 12]), np.arange(5.0)[None])
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
    parts = {
        "simulate": lambda *a, seed: (z, drawn),
        "lower_bounds": lambda vae, x, seed: ONE if x is images else -5 * ONE,
        "upper_bounds": lambda vae, x, z, seed: z[:, 0] * -ONE * (x is drawn),
    }
    for name, part in parts.items():
        monkeypatch.setattr(module, name, part)
    columns = module.enclosure_columns(None, images, -3 * ONE, seed=3)
    names = "test_lower", "test_gain", "simulated_lower", "simulated_upper", "gap"
    assert [columns[name][0] for name in names] == [1, 4, -5, -3, 2]


def test_some_images_are_evenly_spaced():
    for count, indices in [(0, []), (2, [0, 3]), (3, [0, 2, 4]), (9, [*range(7)])]:
        assert module.evenly_spaced(7, count).tolist() == indices


@pytest.mark.parametrize(
    ("latent_dim", "grid_points", "num_points"),
    [(1, [201, 5], 201), (2, [201, 5], 5), (3, [201, 5], 0), (1, [0, 5], 0)],
)
def test_each_part_gets_the_test_images_and_its_settings(
    monkeypatch, latent_dim, grid_points, num_points
):
    results = {
        "importance_bounds": Bounds(5, np.arange(7.0), [1, 5], np.zeros([7, 2])),
        "enclosure_columns": {"test_gain": np.array([0.0, 0.25, 0.5])},
        "log_evidence": (np.arange(7.0), 0.123456),
        "lower_bounds": np.array([7.0, 7.0]),
        "gaps": {"approximation_gap": np.zeros(2)},
    }
    calls = {}

    def part(name, vae, *arrays, **settings):
        calls[name] = [array.tolist() for array in arrays], settings
        return results[name]

    for name in results:
        monkeypatch.setattr(module, name, partial(part, name))
    monkeypatch.setattr(module, "latent_columns", lambda *splits, seed: {})
    encoding = Encoding(np.zeros([3, 1]), np.ones([3, 1]), np.zeros(1))
    train = Split(None, None, encoding, {"rate": np.zeros(13)})
    test = Split(IMAGES, None, encoding, {"rate": np.zeros(7)})
    numbers = {"annealed_images": 3, "optimised_images": 2}
    settings = evaluate_settings(grid_points=grid_points, **numbers)
    vae = SimpleNamespace(latent_dim=latent_dim)
    columns, scalars, _ = measure(vae, train, test, settings)

    draws = {"proposal": "posterior", "num_samples": 5, "seed": 3}
    few, known, evidence = [0, 3], {}, [7.0, 7.0]
    expected = {
        "importance_bounds": ([IMAGES.tolist()], draws),
        "enclosure_columns": ([IMAGES[[0, 2, 4]].tolist(), [0, 2, 4]], {"seed": 3}),
    }
    if num_points:
        known = {"log_evidence_grid_change": 0.1235}
        expected["log_evidence"] = [IMAGES.tolist()], {"num_points": num_points}
        evidence = few
    else:  # log p(x) is bounded by annealing
        expected["lower_bounds"] = [IMAGES[few].tolist()], {"seed": 3}
    expected["gaps"] = [IMAGES[few].tolist(), evidence], {"seed": 3}
    assert calls == expected
    assert scalars["train"] == {"active_units": 0}
    assert scalars["test"] == {"active_units": 0, "annealed_bound": 3.25} | known
    assert ("log_evidence" in columns["test"]) == bool(known)
