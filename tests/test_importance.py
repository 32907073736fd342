"""Importance-weighted bounds on linear-Gaussian models, whose evidence is known."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from linear_gaussian import IMAGE_BYTES, IMAGES, linear_gaussian
from vae import importance
from vae.evaluation import rates_and_distortions
from vae.importance import Mixture, importance_bounds, refine, sample_counts, split


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_with_the_true_posterior_every_bound_is_the_evidence(latent_dim):
    vae, expected = linear_gaussian(latent_dim)
    bounds = importance_bounds(
        vae, IMAGE_BYTES, proposal="posterior", num_samples=50, seed=1
    )
    assert bounds.from_posterior.shape == (IMAGES, len(sample_counts(50)))
    np.testing.assert_allclose(bounds.bound, expected, atol=1e-4)
    np.testing.assert_allclose(
        bounds.from_posterior, np.tile(expected, (6, 1)).T, atol=1e-4
    )
    rate, distortion = rates_and_distortions(
        vae, IMAGE_BYTES, num_samples=20_000, seed=1, stream=0
    )
    np.testing.assert_allclose(-(rate + distortion), expected, atol=0.05)


def test_with_another_posterior_the_bounds_rise_towards_the_evidence():
    vae, expected = linear_gaussian(2, posterior_factor=1.7)
    bounds = importance_bounds(
        vae, IMAGE_BYTES, proposal="posterior", num_samples=5000, seed=1
    )
    means = bounds.from_posterior.mean(axis=0)
    assert np.all(np.diff(means[:6]) > 0)
    gaps = expected.mean() - means
    assert gaps[0] > 0.3
    assert 0 < gaps[-1] < 0.01


def test_the_bound_of_one_sample_is_the_sampled_elbo():
    vae, expected = linear_gaussian(2, posterior_factor=1.7)
    bounds = importance_bounds(
        vae, IMAGE_BYTES, proposal="posterior", num_samples=20_000, seed=1
    )
    rate, distortion = rates_and_distortions(
        vae, IMAGE_BYTES, num_samples=20_000, seed=2, stream=0
    )
    np.testing.assert_allclose(
        bounds.from_posterior[:, 0], -(rate + distortion), atol=0.1
    )


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_adaptive_proposal_finds_what_the_posterior_misses(latent_dim):
    vae, expected = linear_gaussian(
        latent_dim, posterior_factor=0.5, posterior_shift=8.0
    )
    gaps = {}
    for proposal in ("posterior", "adaptive"):
        bounds = importance_bounds(
            vae, IMAGE_BYTES, proposal=proposal, num_samples=2000, seed=1
        )
        gaps[proposal] = expected - bounds.bound
    assert gaps["posterior"].min() > 5
    np.testing.assert_allclose(gaps["adaptive"], 0, atol=0.15)


def test_the_adaptive_bound_is_a_bound():
    """The mean of the weights is p(x), the mean of their logarithms is below."""
    vae, expected = linear_gaussian(2, posterior_shift=3.0)
    images = np.tile(IMAGE_BYTES[:1], (4000, 1))
    bounds = importance_bounds(
        vae, images, proposal="adaptive", num_samples=20, seed=1
    ).bound
    weights = np.exp(bounds - expected[0])
    error = weights.std() / np.sqrt(len(images))
    assert abs(weights.mean() - 1) < 4 * error < 0.2
    assert bounds.mean() < expected[0] - 4 * bounds.std() / np.sqrt(len(images))


@pytest.mark.parametrize("proposal", ["posterior", "adaptive"])
@pytest.mark.parametrize("rows", [3, 12, 24, 60])
def test_blocks_of_images_change_nothing(monkeypatch, proposal, rows):
    vae, _ = linear_gaussian(2, posterior_factor=1.7)
    settings = dict(proposal=proposal, num_samples=12, seed=1)
    whole = importance_bounds(vae, IMAGE_BYTES, **settings)
    monkeypatch.setattr(importance, "ROWS", rows)
    received = importance_bounds(vae, IMAGE_BYTES, **settings)
    np.testing.assert_allclose(received.bound, whole.bound, rtol=1e-5)
    np.testing.assert_allclose(received.from_posterior, whole.from_posterior, rtol=1e-5)


def test_the_adaptive_curve_is_that_of_its_samples_from_the_posterior():
    vae, expected = linear_gaussian(3)
    bounds = importance_bounds(
        vae, IMAGE_BYTES, proposal="adaptive", num_samples=100, seed=1
    )
    assert bounds.counts.tolist() == [1, 2, 5, 10]  # a fifth of half
    np.testing.assert_allclose(
        bounds.from_posterior, np.tile(expected, (4, 1)).T, atol=1e-4
    )


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
    monkeypatch.setattr(importance, "NUM_CENTRES", 2)
    rng = np.random.default_rng(3)
    loc, scale, z = (
        tf.constant(np.exp(rng.normal(size=shape)), tf.float32)
        for shape in ([3, 5], [3, 5], [4, 3, 5])
    )
    log_weights = np.float32([[4, 1, 3], [2, 3, 4], [3, 4, 1], [1, 2, 2]])
    m = refine(loc, scale, z, tf.constant(log_weights), 14)
    assert m.counts == [7, *[1] * 7]
    best = np.stack(
        [z.numpy()[[0, 2, 1], [0, 1, 2]], z.numpy()[[2, 1, 0], [0, 1, 2]]]
    )  # [centres, batch, latent]
    np.testing.assert_array_equal(m.loc[2:], np.tile(best, (3, 1, 1)))
    np.testing.assert_allclose(m.scale[0], 1.4 * scale)
    np.testing.assert_allclose(m.scale[6], 9 * scale)
    np.testing.assert_array_equal(m.loc[1], 0 * loc)
    np.testing.assert_array_equal(m.scale[1], 0 * scale + 1)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [(10, [1, 4], [2, 8]), (5, [2, 1, 1], [2, 1, 2]), (2, [1, 1, 1], [0, 1, 1])],
)
def test_a_number_is_split_into_whole_parts(total, shares, expected):
    assert split(total, shares) == expected


@pytest.mark.parametrize(
    ("num_samples", "expected"),
    [(1, [1]), (2, [1, 2]), (7, [1, 2, 5, 7]), (50, [1, 2, 5, 10, 20, 50])],
)
def test_counts_rise_to_the_number_of_samples(num_samples, expected):
    assert sample_counts(num_samples) == expected
