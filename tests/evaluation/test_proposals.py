"""The mixtures from which importance sampling draws, against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from vae.evaluation import proposals
from vae.evaluation.proposals import Mixture, around, refine, split
from vae.priors import MixturePrior, StandardNormal


def mixture(counts=(3, 0, 4)):
    rng = np.random.default_rng(0)
    shape = [len(counts), 2, 5]  # components, batch, latent
    loc, scale = rng.normal(size=shape), np.exp(rng.normal(size=shape))
    return Mixture(tf.constant(loc, tf.float32), tf.constant(scale, tf.float32), counts)


def test_a_mixture_gives_each_component_its_share():
    m = mixture()
    noise = np.random.default_rng(1).normal(size=[7, 2, 5]).astype(np.float32)
    component = [0, 0, 0, 2, 2, 2, 2]
    expected = m.loc.numpy()[component] + m.scale.numpy()[component] * noise
    np.testing.assert_allclose(m.sample(noise), expected, rtol=1e-6)


def test_the_density_of_a_mixture_is_scipys():
    m = mixture()
    z = np.random.default_rng(2).normal(size=[4, 2, 5]).astype(np.float32)
    normal = scipy.stats.norm(m.loc.numpy()[:, None], m.scale.numpy()[:, None])
    densities = np.exp(normal.logpdf(z).sum(axis=-1))  # [components, samples, batch]
    expected = np.log(np.tensordot([3 / 7, 0, 4 / 7], densities, axes=1))
    np.testing.assert_allclose(m.log_prob(tf.constant(z)), expected, rtol=1e-4)


def test_gaussians_stand_where_the_weights_are_largest(monkeypatch):
    monkeypatch.setattr(proposals, "NUM_CENTRES", 2)
    rng = np.random.default_rng(3)
    loc, scale, z = (
        tf.constant(np.exp(rng.normal(size=shape)), tf.float32)
        for shape in ([3, 5], [3, 5], [4, 3, 5])
    )
    scale *= 1e-4  # far narrower than the prior: the image says all
    log_weights = np.float32([[4, 1, 3], [2, 3, 4], [3, 4, 1], [1, 2, 2]])
    prior = MixturePrior(2 + 0 * loc[:1], 3 + 0 * loc[:1])
    m = refine(loc, scale, prior, z, tf.constant(log_weights), 10)
    assert m.counts == [5, *[1] * 5]
    best = np.stack(
        [z.numpy()[[0, 2, 1], [0, 1, 2]], z.numpy()[[2, 1, 0], [0, 1, 2]]]
    )  # [centres, batch, latent]
    np.testing.assert_allclose(m.loc[2:], np.tile(best, (2, 1, 1)), rtol=1e-5)
    np.testing.assert_array_equal(m.loc[0], loc)
    np.testing.assert_allclose(m.scale[0], 1.2 * scale)
    np.testing.assert_allclose(m.scale[4], 3 * scale)
    np.testing.assert_array_equal(m.loc[1], 0 * loc + 2)
    np.testing.assert_allclose(m.scale[1], 0 * scale + 3, rtol=1e-6)


def test_a_place_counts_as_far_as_the_image_says_something():
    """Of standard deviations of q(z|x) from far below the prior's to above it."""
    loc, scale = tf.constant([[1.0, 1, 1, 1]]), tf.constant([[1e-4, 0.6, 1.0, 2.0]])
    places = tf.constant([[[3.0, 3, 3, 3]]])
    around_loc, around_scale = around(places, loc, scale, StandardNormal(4), 1.5)
    np.testing.assert_allclose(around_loc, [[[3, 1 + 0.64 * 2, 1, 1]]], rtol=1e-6)
    np.testing.assert_allclose(around_scale, [[[1.5e-4, 0.9, 1.0, 2.0]]], rtol=1e-6)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [(10, [1, 4], [2, 8]), (5, [2, 1, 1], [2, 1, 2]), (2, [1, 1, 1], [0, 1, 1])],
)
def test_a_number_is_split_into_whole_parts(total, shares, expected):
    assert split(total, shares) == expected
