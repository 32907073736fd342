"""All that is measured, on a tiny model and on parts that say what they were given."""

from types import SimpleNamespace

import numpy as np
import pytest

from models import PIXELS, evaluate_settings, make_vae
from vae.evaluation import measure as module
from vae.evaluation.elbo import Encoding, encode, rates_and_distortions
from vae.evaluation.importance import Bounds
from vae.evaluation.measure import Split, bound_curve, encode_split, measure

ONE = np.ones(7)
GREY = np.random.default_rng(0).integers(256, size=(20, 3, 2), dtype="u1")
TRAIN, TEST = (GREY[:13], np.arange(13) % 2), (GREY[13:], np.arange(7) % 2)


@pytest.fixture
def vae(eager):
    return make_vae(latent_dim=1, hidden_units=[8], seed=1)


def test_a_split_has_encodings_and_bounds_of_its_own(vae):
    images, label = TEST
    split = encode_split(vae, images, label, "test", evaluate_settings())
    assert split.label is label
    np.testing.assert_array_equal(split.images, images.reshape(7, PIXELS))
    np.testing.assert_array_equal(split.encoding.loc, encode(vae, split.images).loc)
    draw = {"num_samples": 2, "seed": 3, "split": "test"}
    rate, distortion = rates_and_distortions(vae, split.images, **draw)
    expected = {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}
    assert split.columns.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(split.columns[name], values)


def test_each_section_has_its_columns_and_the_curve_ends_at_the_bound(monkeypatch, vae):
    monkeypatch.setattr("vae.evaluation.gaps.NUM_STEPS", 2)
    settings = evaluate_settings(optimised_images=2)  # tests of stages anneal
    train = encode_split(vae, *TRAIN, "train", settings)
    test = encode_split(vae, *TEST, "test", settings)
    columns, scalars, curve = measure(vae, train, test, settings)

    bounds = {"elbo", "rate", "distortion"}
    latents = {"mutual_information", "marginal_kl", "knn_accuracy", "probe_accuracy"}
    assert {section: set(values) for section, values in columns.items()} == {
        "train": bounds,
        "test": bounds | {"iwae_bound", "log_evidence"} | latents,
        "gaps": {"approximation_gap", "amortisation_gap"},
    }
    for section, count in {"train": 13, "test": 7, "gaps": 2}.items():
        assert all(values.shape == (count,) for values in columns[section].values())
    columns = columns["test"]
    information = columns["mutual_information"] + columns["marginal_kl"]
    np.testing.assert_allclose(columns["rate"], information)
    assert set(scalars["train"]) == {"active_units"}
    assert scalars["test"]["log_evidence_grid_change"] <= 0.001

    np.testing.assert_array_equal(curve["curve_num_samples"], [1, 2, 5])
    assert curve["num_importance_samples"] == 5
    assert curve["iwae_bound"] == columns["iwae_bound"].mean()
    np.testing.assert_allclose(curve["curve_iwae_bound"][-1], curve["iwae_bound"])
    assert curve["log_evidence"] == columns["log_evidence"].mean()


def test_an_unknown_evidence_is_nan_in_the_curve():
    bounds = Bounds(4, np.array([1.0, 3.0]), np.array([1, 2]), np.ones([2, 2]))
    curve = bound_curve(bounds, {"iwae_bound": bounds.iwae_bound})
    assert np.isnan(curve["log_evidence"])
    assert curve["iwae_bound"] == 2


def test_the_enclosure_is_four_bounds_and_two_distances(monkeypatch):
    """Of images drawn from the model, the latents are handed on to the upper bounds."""
    images, drawn, z = (np.full([7, 2], value) for value in (1, 2, 3))
    monkeypatch.setattr(module, "simulate", lambda *a, seed: (z, drawn))
    monkeypatch.setattr(
        module, "lower_bounds", lambda vae, x, seed: ONE if x is images else -5 * ONE
    )
    monkeypatch.setattr(
        module, "upper_bounds", lambda vae, x, z, seed: z[:, 0] * -ONE * (x is drawn)
    )
    columns = module.enclosure_columns(None, images, -3 * ONE, seed=3)
    assert {name: column[0] for name, column in columns.items()} == {
        "test_lower": 1,
        "test_gain": 4,
        "simulated_lower": -5,
        "simulated_upper": -3,
        "gap": 2,
    }


@pytest.mark.parametrize(
    "count, indices", [(0, []), (2, [0, 3]), (3, [0, 2, 4]), (9, range(7))]
)
def test_some_images_are_evenly_spaced(count, indices):
    assert list(module.evenly_spaced(7, count)) == list(indices)


@pytest.mark.parametrize(
    ("latent_dim", "grid_points", "num_points"),
    [(1, [201, 5], 201), (2, [201, 5], 5), (3, [201, 5], 0), (1, [0, 5], 0)],
)
def test_each_part_gets_the_test_images_and_its_settings(
    monkeypatch, latent_dim, grid_points, num_points
):
    images, calls = GREY[13:].reshape(7, PIXELS), {}

    def replace(name, result):
        def part(vae, *arrays, **settings):
            calls[name] = [array.tolist() for array in arrays], settings
            return result

        monkeypatch.setattr(module, name, part)

    replace("importance_bounds", Bounds(5, np.arange(7.0), [1, 5], np.zeros([7, 2])))
    replace("enclosure_columns", {"test_gain": np.array([0.0, 0.25, 0.5])})
    replace("log_evidence", (np.arange(7.0), 0.123456))
    replace("gaps", {"approximation_gap": np.zeros(2)})
    monkeypatch.setattr(module, "latent_columns", lambda *splits, seed: {})
    encoding = Encoding(np.zeros([3, 1]), np.ones([3, 1]), np.zeros(1))
    train = Split(None, None, encoding, {"rate": np.zeros(13)})
    test = Split(images, None, encoding, {"rate": np.zeros(7)})
    numbers = {"annealed_images": 3, "optimised_images": 2}
    settings = evaluate_settings(grid_points=grid_points, **numbers)
    vae = SimpleNamespace(latent_dim=latent_dim)
    columns, scalars, _ = measure(vae, train, test, settings)

    draws = {"proposal": "posterior", "num_samples": 5, "seed": 3}
    few, known = [0, 3], {}
    expected = {
        "importance_bounds": ([images.tolist()], draws),
        "enclosure_columns": ([images[::2][:3].tolist(), [0, 2, 4]], {"seed": 3}),
    }
    if num_points:
        known = {"log_evidence_grid_change": 0.1235}
        expected["log_evidence"] = [images.tolist()], {"num_points": num_points}
        expected["gaps"] = [images[few].tolist(), few], {"seed": 3}
    assert calls == expected
    assert scalars["test"] == {"active_units": 0, "annealed_bound": 3.25} | known
    assert ("log_evidence" in columns["test"]) == ("gaps" in columns) == bool(known)
