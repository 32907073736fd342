"""Importance-weighted bounds on linear-Gaussian models, whose evidence is known."""

import numpy as np
import pytest

from linear_gaussian import IMAGE_BYTES, IMAGES, linear_gaussian
from vae import importance
from vae.evaluation.inference import rates_and_distortions
from vae.evaluation.importance import importance_bounds, sample_counts


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
@pytest.mark.parametrize("rows", [3, 5, 24, 60])
def test_blocks_of_images_change_nothing(monkeypatch, proposal, rows):
    vae, _ = linear_gaussian(2, posterior_factor=1.7)
    settings = dict(proposal=proposal, num_samples=13, seed=1)
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


@pytest.mark.parametrize(
    ("num_samples", "expected"),
    [(1, [1]), (2, [1, 2]), (7, [1, 2, 5, 7]), (50, [1, 2, 5, 10, 20, 50])],
)
def test_counts_rise_to_the_number_of_samples(num_samples, expected):
    assert sample_counts(num_samples) == expected
