"""Importance-weighted bounds on linear-Gaussian models, whose evidence is known."""

import numpy as np
import pytest

from models import IMAGE_BYTES, IMAGES, linear_gaussian, normal
from vae.evaluation import importance
from vae.evaluation.importance import (
    adaptive_bounds,
    importance_bounds,
    posterior_bounds,
    sample_counts,
)
from vae.evaluation.search import explore_prior
from vae.numerics.determinism import tf
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose

pytestmark = pytest.mark.usefixtures("eager")

X = observations(IMAGE_BYTES)
MISSED = {"posterior_factor": 0.5, "posterior_shift": 8.0}


def adaptive(vae, x, noise):
    """With samples of the prior explored for these images."""
    images = np.uint8(np.rint(255 * x.numpy()))
    z, log_likelihood = explore_prior(vae, images, seed=3)
    return adaptive_bounds(vae, x, noise, z[:], log_likelihood)


def draw(num_samples, latent_dim):
    return tf.constant(normal(num_samples, IMAGES, latent_dim, seed=1))


def test_with_the_true_posterior_every_bound_is_the_evidence():
    vae, expected = linear_gaussian(5)
    bound, curve = posterior_bounds(vae, X, draw(50, 5))
    assert curve.shape == (IMAGES, len(sample_counts(50)))
    np.testing.assert_allclose(bound, expected, atol=1e-4)
    np.testing.assert_allclose(curve, np.tile(expected, (6, 1)).T, atol=1e-4)


def test_with_another_posterior_the_bounds_rise_from_the_elbo_to_the_evidence():
    vae, expected = linear_gaussian(2, posterior_factor=1.7)
    noise = draw(5000, 2)
    _, curve = posterior_bounds(vae, X, noise)
    sampled_elbo = np.mean(vae.terms(X, noise).log_weights, axis=0)
    np.testing.assert_allclose(curve[:, 0], sampled_elbo, rtol=1e-4)
    means = np.mean(curve, axis=0)
    assert np.all(np.diff(means[:6]) > 0)
    gaps = expected.mean() - means
    assert gaps[0] > 0.3
    assert abs(gaps[-1]) < 0.02


def test_the_adaptive_proposal_finds_what_the_posterior_misses():
    vae, expected = linear_gaussian(2, **MISSED)
    noise = draw(2000, 2)
    bound, curve = adaptive(vae, X, noise)
    np.testing.assert_allclose(bound, expected, atol=0.15)
    q_bound, q_curve = posterior_bounds(vae, X, noise[:500])
    assert np.min(expected - q_bound) > 5
    np.testing.assert_allclose(curve, q_curve, rtol=1e-5)


def test_the_adaptive_bound_is_a_bound():
    """The mean of the weights is p(x), the mean of their logarithms is below."""
    vae, expected = linear_gaussian(2, posterior_shift=3.0)
    count = 4000
    x, noise = tf.tile(X[:1], [count, 1]), tf.constant(normal(20, count, 2))
    bounds = adaptive(vae, x, noise)[0].numpy()
    weights = np.exp(bounds - expected[0])
    error = weights.std() / np.sqrt(count)
    assert abs(weights.mean() - 1) < 4 * error < 0.2
    assert bounds.mean() < expected[0] - 4 * bounds.std() / np.sqrt(count)


@pytest.mark.parametrize(
    ("bounds", "counts"), [(posterior_bounds, [1, 2, 5, 10, 20]), (adaptive, [1, 2, 5])]
)
def test_each_image_has_noise_of_its_own_whatever_the_chunks(
    monkeypatch, bounds, counts
):
    vae, _ = linear_gaussian(2, posterior_factor=1.7)
    key = {"seed": 3, "purpose": Purpose.IMPORTANCE_LATENTS}
    noise = [draw_standard_normal([20, 2], index=i, **key) for i in range(IMAGES)]
    noise = tf.stack(noise, axis=1)  # [samples, images, latent]
    bound, curve = bounds(vae, X, noise)
    monkeypatch.setattr(importance, "ROWS", 90)  # 4 images, then 3
    how = {"proposal": "adaptive" if bounds is adaptive else "posterior", "seed": 3}
    received = importance_bounds(vae, IMAGE_BYTES, num_samples=20, **how)
    assert received.curve_num_samples.tolist() == counts
    np.testing.assert_allclose(received.iwae_bound, bound, rtol=1e-5)
    np.testing.assert_allclose(received.curve_iwae_bound, curve, rtol=1e-5)
    assert received.iwae_bound.dtype == received.curve_iwae_bound.dtype == np.float64
