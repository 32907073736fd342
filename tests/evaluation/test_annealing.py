"""Bounds by annealing, on linear-Gaussian models, whose evidence is known."""

import numpy as np
import pytest

from models import IMAGE_BYTES, linear_gaussian
from vae.evaluation import annealing
from vae.evaluation.annealing import lower_bounds, upper_bounds
from vae.learned_priors import GaussianMixture
from vae.numerics.determinism import tf


@pytest.fixture(autouse=True)
def short(eager, monkeypatch):
    monkeypatch.setattr(annealing, "NUM_STEPS", 20)


@pytest.fixture(scope="module")
def exact():
    """The evidence, and exact samples of the posteriors."""
    vae, expected = linear_gaussian(2)
    loc, scale = vae.posterior(np.float32(IMAGE_BYTES / 255))
    return expected, np.float32(np.random.default_rng(0).normal(loc, scale))


def test_both_bounds_enclose_the_evidence_where_q_is_elsewhere(exact):
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=2, posterior_shift=3)
    lower = lower_bounds(vae, IMAGE_BYTES, seed=1)
    upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
    for bound in (lower, upper):
        assert bound.dtype == np.float64
        np.testing.assert_allclose(bound, expected, atol=0.8)
        assert abs(np.mean(bound - expected)) < 0.2


def test_an_exact_sample_far_from_the_proposal_keeps_the_bound_finite(exact):
    """Without a share of the prior, its density is exp(-800) of the proposal."""
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=0.05)
    upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
    np.testing.assert_allclose(upper, expected, atol=6)


def test_an_exact_sample_in_a_far_component_keeps_the_bound_near(exact):
    """Without a share of the mixture, of deviation 0.04, all Gaussians vanish there."""
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=0.05)
    scale = np.float32([[1, 1], *[[0.002, 0.002]] * 499])
    vae.prior = GaussianMixture(tf.constant(0 * scale), tf.constant(scale))
    upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
    np.testing.assert_allclose(upper, expected - np.log(500), atol=20)


def test_the_bound_of_an_image_depends_on_its_index_alone(monkeypatch):
    vae, _ = linear_gaussian(2)
    first, second = lower_bounds(vae, IMAGE_BYTES[[0, 0]], seed=1)
    assert first != second
    monkeypatch.setattr(annealing, "CHUNK", 2)
    received = lower_bounds(vae, IMAGE_BYTES[[0, 1, 0]], seed=1)  # in two chunks
    assert received[0] == pytest.approx(first, abs=1e-3)
    assert received[2] != pytest.approx(first, abs=1e-3)
