"""The bounds on a linear-Gaussian model, whose evidence is known, and on others."""

import numpy as np
import pytest
import scipy.stats

from vae import evidence
from vae.evaluation import rates_and_distortions
from vae.evidence import (
    has_quadrature,
    iwae_bounds,
    log_evidence,
    prior_grid,
    sample_counts,
)
from vae.model import VAE

IMAGES, PIXELS, NOISE_SCALE = 7, 6, 0.3
IMAGE_BYTES = np.random.default_rng(0).integers(256, size=(IMAGES, PIXELS), dtype="u1")
X = IMAGE_BYTES / 255


def linear_gaussian(latent_dim, posterior_factor=1.0):
    """A VAE without hidden layers whose q(z|x) is the true posterior, or is wider.

    x = W z + b + noise, with orthogonal columns of W so that the posterior's
    dimensions are independent. Returns the model and log p(x) of each image.
    """
    rng = np.random.default_rng(latent_dim)
    directions, _ = np.linalg.qr(rng.normal(size=(PIXELS, latent_dim)))
    w = directions * np.linspace(0.5, 1.0, latent_dim)
    b = np.full(PIXELS, 0.5)
    variance = 1 / (1 + (w**2).sum(axis=0) / NOISE_SCALE**2)  # [latent]
    to_loc = w * variance / NOISE_SCALE**2  # [pixels, latent]
    scale = posterior_factor * np.sqrt(variance)

    vae = VAE(
        num_pixels=PIXELS,
        latent_dim=latent_dim,
        hidden_units=[],
        activation="relu",
        likelihood="gaussian",
        gaussian_scale=NOISE_SCALE,
    )
    kernel = np.concatenate([to_loc, np.zeros_like(to_loc)], axis=1)
    bias = np.concatenate([-b @ to_loc, np.log(np.expm1(scale - 1e-6))])
    weights = {
        "encoder.posterior.kernel": kernel,
        "encoder.posterior.bias": bias,
        "decoder.likelihood.kernel": w.T,
        "decoder.likelihood.bias": b,
    }
    vae.load_weights({name: np.float32(array) for name, array in weights.items()})
    covariance = w @ w.T + NOISE_SCALE**2 * np.eye(PIXELS)
    return vae, scipy.stats.multivariate_normal(b, covariance).logpdf(X)


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_with_the_true_posterior_every_bound_is_the_evidence(latent_dim):
    vae, expected = linear_gaussian(latent_dim)
    bounds = iwae_bounds(vae, IMAGE_BYTES, num_samples=50, seed=1)
    assert bounds.shape == (IMAGES, len(sample_counts(50)))
    np.testing.assert_allclose(bounds, np.tile(expected, (6, 1)).T, atol=1e-4)
    rate, distortion = rates_and_distortions(
        vae, IMAGE_BYTES, num_samples=20_000, seed=1, stream=0
    )
    np.testing.assert_allclose(-(rate + distortion), expected, atol=0.05)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_quadrature_is_the_evidence(latent_dim):
    vae, expected = linear_gaussian(latent_dim)
    received, change = log_evidence(vae, IMAGE_BYTES)
    np.testing.assert_allclose(received, expected, atol=1e-4)
    assert change < 1e-4


def test_with_another_posterior_the_bounds_rise_towards_the_evidence():
    vae, expected = linear_gaussian(2, posterior_factor=1.7)
    bounds = iwae_bounds(vae, IMAGE_BYTES, num_samples=5000, seed=1).mean(axis=0)
    assert np.all(np.diff(bounds[:6]) > 0)
    gaps = expected.mean() - bounds
    assert gaps[0] > 0.3
    assert 0 < gaps[-1] < 0.01


def test_the_bound_of_one_sample_is_the_sampled_elbo():
    vae, expected = linear_gaussian(2, posterior_factor=1.7)
    bounds = iwae_bounds(vae, IMAGE_BYTES, num_samples=20_000, seed=1)
    rate, distortion = rates_and_distortions(
        vae, IMAGE_BYTES, num_samples=20_000, seed=2, stream=0
    )
    np.testing.assert_allclose(bounds[:, 0], -(rate + distortion), atol=0.1)


def test_blocks_of_images_change_nothing(monkeypatch):
    vae, _ = linear_gaussian(2, posterior_factor=1.7)
    whole = iwae_bounds(vae, IMAGE_BYTES, num_samples=8, seed=1)
    for rows in (3, 8, 16, 40):
        monkeypatch.setattr(evidence, "ROWS", rows)
        received = iwae_bounds(vae, IMAGE_BYTES, num_samples=8, seed=1)
        np.testing.assert_allclose(received, whole, rtol=1e-5)
        received, _ = log_evidence(vae, IMAGE_BYTES[:2])
        np.testing.assert_allclose(received, linear_gaussian(2)[1][:2], atol=1e-4)


def test_too_coarse_a_grid_is_noticed(monkeypatch):
    vae, expected = linear_gaussian(1)
    monkeypatch.setattr(evidence, "GRID_POINTS", {1: 9})
    monkeypatch.setattr(evidence, "prior_grid", prior_grid.python_function)
    received, change = log_evidence(vae, IMAGE_BYTES)
    assert change > 0.001
    assert np.max(np.abs(received - expected)) > 0.001


def test_too_narrow_a_grid_is_noticed(monkeypatch):
    vae, _ = linear_gaussian(1)
    monkeypatch.setattr(evidence, "GRID_LIMIT", 0.3)
    monkeypatch.setattr(evidence, "prior_grid", prior_grid.python_function)
    assert log_evidence(vae, IMAGE_BYTES)[1] > 0.001


def test_a_grid_too_coarse_along_one_axis_is_noticed(monkeypatch):
    """As a posterior that is narrow along one axis and wide along the other."""
    vae, expected = linear_gaussian(2)
    kernel = np.zeros([2, PIXELS], np.float32)
    kernel[0, 0], kernel[1, 1] = 60.0, 0.5
    vae.load_weights(vae.named_weights() | {"decoder.likelihood.kernel": kernel})
    covariance = kernel.T @ kernel + NOISE_SCALE**2 * np.eye(PIXELS)
    expected = scipy.stats.multivariate_normal(np.full(PIXELS, 0.5), covariance)
    monkeypatch.setattr(evidence, "GRID_POINTS", {2: 101})
    monkeypatch.setattr(evidence, "prior_grid", prior_grid.python_function)
    received, change = log_evidence(vae, IMAGE_BYTES)
    assert np.max(np.abs(received - expected.logpdf(X))) > 0.01
    assert change > 0.001


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_grid_holds_the_priors_mass(latent_dim):
    z, log_mass = prior_grid(latent_dim)
    mass = np.exp(np.float64(log_mass))
    np.testing.assert_allclose(mass.sum(), 1, atol=1e-5)
    second_moment = (mass[:, None] * np.float64(z) ** 2).sum(axis=0)
    np.testing.assert_allclose(second_moment, np.ones(latent_dim), atol=1e-4)


def test_only_one_and_two_dimensions_are_integrated():
    assert [d for d in range(1, 6) if has_quadrature(d)] == [1, 2]


@pytest.mark.parametrize(
    ("num_samples", "expected"),
    [(1, [1]), (2, [1, 2]), (7, [1, 2, 5, 7]), (50, [1, 2, 5, 10, 20, 50])],
)
def test_counts_rise_to_the_number_of_samples(num_samples, expected):
    assert sample_counts(num_samples) == expected
