"""The mixtures from which importance sampling draws, against NumPy and SciPy."""

import numpy as np
import scipy.stats

from models import normal
from vae.evaluation import proposals
from vae.evaluation.proposals import Mixture, gaussians_near, refined
from vae.learned_priors import GaussianMixture
from vae.numerics.determinism import tf
from vae.priors import StandardNormal

# Components, batch, latent; the second component gives no sample.
MIXTURE = Mixture(normal(3, 2, 5), np.exp(normal(3, 2, 5, seed=1)), [3, 0, 4])


def test_a_mixture_gives_each_component_its_share_and_has_scipys_density():
    noise, component = normal(7, 2, 5, seed=2), [0, 0, 0, 2, 2, 2, 2]
    expected = MIXTURE.loc[component] + MIXTURE.scale[component] * noise
    np.testing.assert_allclose(MIXTURE.sample(noise), expected, rtol=1e-6)

    z = normal(4, 2, 5, seed=2)
    gaussians = scipy.stats.norm(MIXTURE.loc[:, None], MIXTURE.scale[:, None])
    densities = np.exp(gaussians.logpdf(z).sum(axis=-1))  # [components, samples, batch]
    expected = np.log(np.tensordot([3 / 7, 0, 4 / 7], densities, axes=1))
    np.testing.assert_allclose(MIXTURE.log_prob(tf.constant(z)), expected, rtol=1e-4)


def test_gaussians_stand_where_the_weights_are_largest(monkeypatch):
    monkeypatch.setattr(proposals, "NUM_CENTERS", 2)
    loc, scale, z = normal(3, 5), np.exp(normal(3, 5, seed=1)), normal(4, 3, 5, seed=2)
    scale *= np.float32(1e-4)  # far narrower than the prior: the image says all
    log_weights = np.float32([[4, 1, 3], [2, 3, 4], [3, 4, 1], [1, 2, 2]])
    prior = GaussianMixture(2 + 0 * loc[:1], 3 + 0 * loc[:1])
    m = refined(*map(tf.constant, (loc, scale)), prior, z, tf.constant(log_weights), 10)
    assert m.counts == [5, *[1] * 5]
    best = np.stack([z[[0, 2, 1], [0, 1, 2]], z[[2, 1, 0], [0, 1, 2]]])
    centers = [loc, 0 * loc + 2, *best, *best]  # [components, batch, latent]
    np.testing.assert_allclose(m.loc, centers, rtol=1e-5)
    scales = [1.2 * scale, 0 * scale + 3, *[scale] * 2, *[3 * scale] * 2]
    np.testing.assert_allclose(m.scale, scales, rtol=1e-5)


def test_a_place_counts_as_far_as_the_image_says_something():
    """Of standard deviations of q(z|x) from far below the prior's to above it."""
    loc, scale = tf.constant([[1.0, 1, 1, 1]]), tf.constant([[1e-4, 0.6, 1.0, 2.0]])
    places = tf.constant([[[3.0, 3, 3, 3]]])
    near_loc, near_scale = gaussians_near(places, loc, scale, StandardNormal(4), 1.5)
    np.testing.assert_allclose(near_loc, [[[3, 1 + 0.64 * 2, 1, 1]]], rtol=1e-6)
    np.testing.assert_allclose(near_scale, [[[1.5e-4, 0.9, 1.0, 2.0]]], rtol=1e-6)
