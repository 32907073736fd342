"""Densities, divergences and extents of Gaussians against SciPy."""

import numpy as np
import scipy.stats

from models import LATENT, normal
from vae.numerics import gaussians
from vae.numerics.dense import Dense

LOC, SCALE = normal(4, LATENT), np.exp(normal(4, LATENT, seed=1))


def test_the_divergence_is_the_integral_that_defines_it():
    p, q = scipy.stats.norm(0.7, 0.4), scipy.stats.norm(-0.5, 1.5)
    expected = p.expect(lambda z: p.logpdf(z) - q.logpdf(z))
    received = gaussians.divergence(0.7, 0.4, -0.5, 1.5)
    np.testing.assert_allclose(received, expected, rtol=1e-6)
    assert gaussians.divergence(0.0, 1.0) == 0


def test_densities_of_pairs_keep_their_digits_at_a_small_scale():
    x, loc = np.random.default_rng(0).random((2, 3, 784)).astype(np.float32)
    expected = scipy.stats.norm(np.float64(loc), 0.01).logpdf(np.float64(x)[:, None])
    layer = Dense(784, kernel_initializer="identity")
    received = gaussians.log_prob_pairs(x, loc, layer, np.log(0.01))
    np.testing.assert_allclose(received, expected.sum(axis=-1), rtol=1e-6)


def test_the_extent_of_a_mixture_holds_all_of_it():
    """One Gaussian is its own core; of several, the core is that of the nearest."""
    one = gaussians.mixture_extent(np.zeros([1, 2]), np.ones([1, 2]))
    np.testing.assert_array_equal(one, [[0, 0], [1, 1], [1, 1]])
    center, core, stretch = gaussians.mixture_extent(LOC, SCALE)
    ends = center + gaussians.LIMIT * core * stretch * [[[-1]], [[1]]]
    assert np.all(ends[0] <= LOC - gaussians.LIMIT * SCALE + 1e-6)
    assert np.all(ends[1] >= LOC + gaussians.LIMIT * SCALE - 1e-6)
    assert np.all(core < (abs(LOC - center) + SCALE).max(axis=0))
