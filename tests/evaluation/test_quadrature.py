"""The quadrature on a linear-Gaussian model, whose evidence and posterior are known."""

import numpy as np
import pytest

from models import IMAGE_BYTES, PIXELS, linear_gaussian
from vae.evaluation import quadrature
from vae.evaluation.quadrature import log_evidence, posterior_moments, prior_grid
from vae.learned_priors import GaussianMixture
from vae.numerics.determinism import tf
from vae.numerics.pixels import observations

POINTS = {1: 401, 2: 101}  # along an axis


@pytest.mark.parametrize(("latent_dim", "points"), [(1, 4000), (2, 4000)])
def test_quadrature_is_the_evidence(monkeypatch, latent_dim, points):
    monkeypatch.setattr(quadrature, "POINTS", points)  # at once
    vae, expected = linear_gaussian(latent_dim)
    received, change = log_evidence(vae, IMAGE_BYTES, num_points=POINTS[latent_dim])
    assert received.dtype == np.float64
    np.testing.assert_allclose(received, expected, atol=1e-4)
    assert change < 1e-4


def test_too_narrow_a_grid_is_noticed(eager, monkeypatch):
    vae, _ = linear_gaussian(1)
    monkeypatch.setattr(quadrature, "LIMIT", 0.3)
    # A tenth of the mass lies outside of the narrower grid; a coarser one has it.
    assert log_evidence(vae, IMAGE_BYTES, num_points=POINTS[1])[1] > 0.05


@pytest.mark.parametrize("narrow", [0, 1])
def test_a_grid_too_coarse_along_one_axis_is_noticed(eager, narrow):
    """A posterior is narrow along one axis and wide along the other."""
    vae, _ = linear_gaussian(2)
    kernel = np.zeros([2, PIXELS], np.float32)
    kernel[narrow, 0], kernel[1 - narrow, 1] = 60.0, 0.5
    vae.decoder.layers[-1].kernel.assign(kernel)
    assert log_evidence(vae, IMAGE_BYTES, num_points=101)[1] > 0.001


# As a learned prior has them: the wider, the further out.
FAR = np.float32(np.outer([-0.2, 0.0, 0.1, 0.3, 2.0, -10.0, 100.0], [1.0, -1.0]))


def test_the_grid_follows_a_learned_prior(eager):
    prior = GaussianMixture(tf.constant(FAR), tf.constant(0.05 + 0.2 * np.abs(FAR)))
    z, log_mass, _ = prior_grid(prior, POINTS[2])
    mass = np.exp(np.float64(log_mass))
    np.testing.assert_allclose(mass.sum(), 1, atol=1e-3)
    np.testing.assert_allclose(mass @ np.float64(z), FAR.mean(axis=0), rtol=1e-2)


def test_moments_are_those_of_the_true_posterior_wherever_q_is(eager):
    vae, _ = linear_gaussian(2)
    true_loc, true_scale = vae.posterior(observations(IMAGE_BYTES))
    other, _ = linear_gaussian(2, posterior_factor=2.0, posterior_shift=3.0)
    mean, scale = posterior_moments(other, IMAGE_BYTES, num_points=POINTS[2])
    assert mean.shape == scale.shape == true_loc.shape
    np.testing.assert_allclose(mean, true_loc, atol=1e-4)
    np.testing.assert_allclose(scale, true_scale, rtol=1e-3)
