"""All that is measured, on a tiny model of each kind."""

from types import SimpleNamespace

import numpy as np
import pytest

from vae.evaluation import measure as module
from vae.evaluation.elbo import Encoding, encode
from vae.evaluation.importance import Bounds
from vae.evaluation.latents import active_units
from vae.evaluation.measure import bound_curve, elbo_columns, measure
from vae.model import VAE

RNG = np.random.default_rng(0)
IMAGES = {
    split: RNG.integers(256, size=(count, 6), dtype="u1")
    for split, count in {"train": 13, "test": 7}.items()
}
LABELS = {split: np.arange(len(images)) % 2 for split, images in IMAGES.items()}
SETTINGS = {
    "proposal": "posterior",
    "num_importance_samples": 5,
    "grid_points": [201, 3],
    "annealed_images": 3,
    "optimised_images": 2,
    "seed": 3,
}


ONE = np.ones(7)
BOUNDS = Bounds(5, ONE, np.array([1]), ONE[:, None])


@pytest.fixture(scope="module")
def measured():
    vae = VAE(
        num_pixels=6,
        latent_dim=1,
        prior="standard",
        pseudo_inputs=1,
        hidden_units=[8],
        activation="tanh",
        likelihood="bernoulli",
        gaussian_scale="learned",
        seed=1,
    )
    encodings = {split: encode(vae, images) for split, images in IMAGES.items()}
    elbos = {
        split: elbo_columns(vae, images, num_samples=2, seed=3, split=split)
        for split, images in IMAGES.items()
    }
    settings = SETTINGS | {"annealed_images": 0}  # tests/test_stages.py anneals
    images = IMAGES["test"]
    return measure(vae, images, LABELS, encodings, elbos, **settings), encodings


def test_each_split_has_its_columns(measured):
    (columns, scalars, _), encodings = measured
    assert set(columns["train"]) == {"elbo", "rate", "distortion"}
    assert set(columns["test"]) == set(columns["train"]) | {
        "iwae_bound",
        "log_evidence",
        "mutual_information",
        "marginal_kl",
        "knn_accuracy",
        "probe_accuracy",
    }
    assert all(len(column) == 2 for column in columns["gaps"].values())
    for split, images in IMAGES.items():
        assert all(len(column) == len(images) for column in columns[split].values())
        assert scalars[split]["active_units"] == active_units(encodings[split].loc)


def test_the_enclosure_is_four_bounds_and_two_distances(monkeypatch):
    def simulated_bounds(vae, num_images, *, seed):
        assert (num_images, seed) == (7, 3)
        return np.full(7, -5.0), np.full(7, -3.0)

    monkeypatch.setattr(module, "simulated_bounds", simulated_bounds)
    monkeypatch.setattr(module, "lower_bounds", lambda vae, images, *, seed: ONE)
    columns = module.enclosure_columns(None, IMAGES["test"], -3 * ONE, seed=3)
    assert {name: column[0] for name, column in columns.items()} == {
        "test_lower": 1,
        "test_gain": 4,
        "simulated_lower": -5,
        "simulated_upper": -3,
        "gap": 2,
    }


@pytest.mark.parametrize(
    "count, places", [(0, []), (2, [0, 3]), (3, [0, 2, 4]), (9, range(7))]
)
def test_some_images_are_evenly_spaced(count, places):
    assert list(module.spread(7, count)) == list(places)


def test_log_p_x_is_left_out_where_its_grid_has_no_points(monkeypatch):
    asked = []

    def evidence(vae, images, num_points):
        asked.append(num_points)
        return np.zeros(len(images)), 0.0

    monkeypatch.setattr(module, "log_evidence", evidence)
    monkeypatch.setattr(
        module, "enclosure_columns", lambda *args, **kwargs: {"test_gain": ONE}
    )
    monkeypatch.setattr(module, "gaps", lambda *args, **kwargs: {})
    monkeypatch.setattr(module, "latent_columns", lambda *args, **kwargs: {})
    monkeypatch.setattr(module, "importance_bounds", lambda *args, **kwargs: BOUNDS)
    encodings = dict.fromkeys(("train", "test"), Encoding(np.zeros((7, 1)), 1, 1))
    elbos = dict.fromkeys(("train", "test"), {"rate": 0})
    for latent_dim in (1, 2, 3):
        vae = SimpleNamespace(latent_dim=latent_dim)
        for grid_points in ([5, 6], [0, 0]):
            settings = SETTINGS | {"grid_points": grid_points}
            measures = measure(vae, ONE, LABELS, encodings, elbos, **settings)
            columns = measures.columns
            known = latent_dim < 3 and grid_points != [0, 0]
            assert ("log_evidence" in columns["test"]) == known
    assert asked == [5, 6]


def test_terms_add_up(measured):
    test = measured[0].columns["test"]
    np.testing.assert_allclose(test["elbo"], -(test["rate"] + test["distortion"]))
    np.testing.assert_allclose(
        test["rate"], test["mutual_information"] + test["marginal_kl"]
    )


def test_the_curve_ends_at_the_bound(measured):
    (columns, scalars, curve), _ = measured
    np.testing.assert_array_equal(curve["curve_num_samples"], [1, 2, 5])
    assert curve["num_importance_samples"] == 5
    bound = columns["test"]["iwae_bound"].mean()
    assert curve["iwae_bound"] == bound
    np.testing.assert_allclose(curve["curve_iwae_bound"][-1], bound)
    assert curve["log_evidence"] == columns["test"]["log_evidence"].mean()
    assert scalars["test"]["log_evidence_grid_change"] <= 0.001


def test_an_unknown_evidence_is_nan_in_the_curve():
    bounds = Bounds(4, np.array([1.0, 3.0]), np.array([1, 2]), np.ones([2, 2]))
    curve = bound_curve(bounds, {"iwae_bound": bounds.iwae_bound})
    assert np.isnan(curve["log_evidence"])
    assert curve["iwae_bound"] == 2


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_each_part_gets_the_test_images_and_its_parameters(monkeypatch, latent_dim):
    """The number of grid points is that of the latent dimensions; 3 have no grid."""
    points = []

    def log_evidence(vae, images, *, num_points):
        assert images is IMAGES["test"]
        points.append(num_points)
        return np.arange(7.0), 0.123456

    def importance_bounds(vae, images, *, proposal, num_samples, seed):
        assert images is IMAGES["test"]
        assert (proposal, num_samples, seed) == ("posterior", 5, 3)
        return Bounds(5, np.arange(7.0), np.array([1, 5]), np.zeros([7, 2]))

    def enclosure_columns(vae, images, iwae_bound, *, seed):
        np.testing.assert_array_equal(images, IMAGES["test"][[0, 2, 4]])
        np.testing.assert_array_equal(iwae_bound, [0, 2, 4])
        assert seed == 3
        return {"test_gain": np.array([0.0, 0.25, 0.5])}

    def gaps(vae, images, evidence, *, seed):
        np.testing.assert_array_equal(images, IMAGES["test"][[0, 3]])
        np.testing.assert_array_equal(evidence, [0, 3])
        assert seed == 3
        return {"approximation_gap": np.zeros(2)}

    parts = log_evidence, importance_bounds, enclosure_columns, gaps
    for function in parts:
        monkeypatch.setattr(module, function.__name__, function)
    monkeypatch.setattr(module, "latent_columns", lambda *args, **kwargs: {})
    encoding = Encoding(np.zeros([3, 1]), np.ones([3, 1]), np.zeros(1))
    encodings = {"train": encoding, "test": encoding}
    vae = type("Model", (), {"latent_dim": latent_dim})
    elbos = {"train": {}, "test": {"rate": np.zeros(7)}}
    measures = measure(vae, IMAGES["test"], LABELS, encodings, elbos, **SETTINGS)
    assert points == {1: [201], 2: [3], 3: []}[latent_dim]
    change = {"log_evidence_grid_change": 0.1235} if latent_dim < 3 else {}
    known = {"active_units": 0, "annealed_bound": 3.25}
    assert measures.scalars["test"] == known | change
    assert ("log_evidence" in measures.columns["test"]) == (latent_dim < 3)
