"""The quadrature on a linear-Gaussian model, whose evidence is known."""

import numpy as np
import pytest
import scipy.stats

from linear_gaussian import IMAGE_BYTES, NOISE_SCALE, PIXELS, X, linear_gaussian
from vae import evidence
from vae.evaluation.quadrature import has_quadrature, log_evidence, prior_grid


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_quadrature_is_the_evidence(latent_dim):
    vae, expected = linear_gaussian(latent_dim)
    received, change = log_evidence(vae, IMAGE_BYTES)
    np.testing.assert_allclose(received, expected, atol=1e-4)
    assert change < 1e-4


@pytest.mark.parametrize("rows", [160, 5000])
def test_blocks_of_points_change_nothing(monkeypatch, rows):
    vae, expected = linear_gaussian(2)
    monkeypatch.setattr(evidence, "GRID_POINTS", {2: 101})
    monkeypatch.setattr(evidence, "ROWS", rows)
    monkeypatch.setattr(evidence, "prior_grid", prior_grid.python_function)
    received, _ = log_evidence(vae, IMAGE_BYTES[:2])
    np.testing.assert_allclose(received, expected[:2], atol=1e-4)


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
