import numpy as np
import pytest

from vae import measures
from vae.evaluation.inference import Encoding, encode
from vae.evaluation.importance import Bounds
from vae.evaluation.latents import active_units
from vae.evaluation.measure import measure
from vae.model import VAE

RNG = np.random.default_rng(0)
IMAGES = {
    split: RNG.integers(256, size=(count, 6), dtype="u1")
    for split, count in {"train": 13, "test": 7}.items()
}
LABELS = {split: np.arange(len(images)) % 2 for split, images in IMAGES.items()}


@pytest.fixture(scope="module")
def measured():
    vae = VAE(
        num_pixels=6,
        latent_dim=1,
        hidden_units=[8],
        activation="tanh",
        likelihood="bernoulli",
        gaussian_scale="learned",
        seed=1,
    )
    encodings = {split: encode(vae, images) for split, images in IMAGES.items()}
    settings = dict(
        num_samples=2, proposal="posterior", num_importance_samples=5, seed=3
    )
    return measure(vae, IMAGES, LABELS, encodings, **settings), encodings


def test_each_split_has_its_columns(measured):
    (columns, scalars, curve), encodings = measured
    assert set(columns["train"]) == {"elbo", "rate", "distortion"}
    assert set(columns["test"]) == set(columns["train"]) | {
        "iwae_bound",
        "log_evidence",
        "mutual_information",
        "marginal_kl",
        "knn_accuracy",
        "probe_accuracy",
    }
    for split, images in IMAGES.items():
        assert all(len(column) == len(images) for column in columns[split].values())
        assert scalars[split]["active_units"] == active_units(encodings[split].loc)


def test_terms_add_up(measured):
    test = measured[0].columns["test"]
    np.testing.assert_allclose(test["elbo"], -(test["rate"] + test["distortion"]))
    np.testing.assert_allclose(
        test["rate"], test["mutual_information"] + test["marginal_kl"]
    )


def test_the_curve_ends_at_the_bound(measured):
    (columns, scalars, curve), _ = measured
    np.testing.assert_array_equal(curve["bound_samples"], [1, 2, 5])
    np.testing.assert_allclose(curve["bound"][-1], columns["test"]["iwae_bound"].mean())
    assert curve["evidence"] == columns["test"]["log_evidence"].mean()
    assert scalars["test"]["log_evidence_grid_change"] <= 0.001


def test_splits_have_noise_of_their_own(monkeypatch):
    streams = []

    def elbo_columns(vae, images, *, num_samples, seed, stream):
        streams.append(stream)
        return {"rate": np.zeros(len(images))}

    monkeypatch.setattr(measures, "elbo_columns", elbo_columns)
    monkeypatch.setattr(measures, "bound_columns", lambda *args, **kwargs: ({}, {}, {}))
    monkeypatch.setattr(measures, "latent_columns", lambda *args, **kwargs: {})
    encoding = Encoding(np.zeros([3, 1]), np.ones([3, 1]), np.zeros(1))
    encodings = {"train": encoding, "test": encoding}
    settings = dict(
        num_samples=1, proposal="posterior", num_importance_samples=1, seed=1
    )
    measure(None, IMAGES, LABELS, encodings, **settings)
    assert len(set(streams)) == 2


def test_a_grid_that_does_not_do_is_reported(monkeypatch, capsys):
    monkeypatch.setattr(measures, "log_evidence", lambda *args: (np.zeros(3), 0.25))
    bounds = Bounds(np.zeros(3), np.array([1, 2]), np.zeros([3, 2]))
    monkeypatch.setattr(measures, "importance_bounds", lambda *args, **kwargs: bounds)
    vae = type("Model", (), {"latent_dim": 2})
    _, _, grid = measures.bound_columns(
        vae, IMAGES["test"], proposal="posterior", num_samples=2, seed=1
    )
    assert grid == {"log_evidence_grid_change": 0.25}
    assert "narrower grid changes it by 0.2500" in capsys.readouterr().out
