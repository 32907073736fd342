"""Bounds by annealing, on linear-Gaussian models, whose evidence is known."""

import numpy as np
import pytest

from models import IMAGE_BYTES, linear_gaussian
from vae.evaluation import annealing
from vae.evaluation.annealing import lower_bounds, upper_bounds


@pytest.fixture(autouse=True)
def short(eager, monkeypatch):
    monkeypatch.setattr(annealing, "NUM_STEPS", 20)


@pytest.fixture(scope="module")
def exact():
    """The evidence, and exact samples of the posteriors."""
    vae, expected = linear_gaussian(2)
    loc, scale = vae.posterior(np.float32(IMAGE_BYTES / 255))
    noise = np.random.default_rng(0).normal(size=loc.shape)
    return expected, np.float32(loc + scale * noise)


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_both_bounds_enclose_the_evidence(exact, shift):
    """Whether q(z|x) is the posterior, or beside it and twice as wide."""
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=1 + shift / 3, posterior_shift=shift)
    lower = lower_bounds(vae, IMAGE_BYTES, seed=1)
    upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
    for bound in (lower, upper):
        assert bound.dtype == np.float64
        np.testing.assert_allclose(bound, expected, atol=0.8)
        assert abs(np.mean(bound - expected)) < 0.2


def test_chains_from_the_posterior_have_the_evidence_as_weight(exact, monkeypatch):
    monkeypatch.setattr(annealing, "NUM_CENTERS", 0)
    monkeypatch.setattr(annealing, "NUM_WIDE", 0)
    monkeypatch.setattr(annealing, "WIDTH", 1.0)
    expected, z = exact
    vae, _ = linear_gaussian(2)
    for bound in (
        lower_bounds(vae, IMAGE_BYTES, seed=1),
        upper_bounds(vae, IMAGE_BYTES, z, seed=1),
    ):
        np.testing.assert_allclose(bound, expected, atol=2e-3)


def test_more_steps_enclose_more_tightly(exact, monkeypatch):
    vae, _ = linear_gaussian(2, posterior_factor=1.5, posterior_shift=6.0)
    monkeypatch.setattr(annealing, "NUM_CENTERS", 1)  # hardly any chain starts well
    monkeypatch.setattr(annealing, "NUM_WIDE", 0)
    gaps = []
    for steps in (2, 30):
        monkeypatch.setattr(annealing, "NUM_STEPS", steps)
        upper = upper_bounds(vae, IMAGE_BYTES, exact[1], seed=1)
        gaps.append(np.mean(upper - lower_bounds(vae, IMAGE_BYTES, seed=1)))
    assert gaps[1] < 0.3 * gaps[0]


def test_an_exact_sample_far_from_the_proposal_keeps_the_bound_finite(exact):
    """Without a share of the prior, its density is exp(-800) of the proposal."""
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=0.05)
    upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
    np.testing.assert_allclose(upper, expected, atol=6)


def test_the_bound_of_an_image_depends_on_its_index_alone(monkeypatch):
    monkeypatch.setattr(annealing, "NUM_STEPS", 2)
    vae, _ = linear_gaussian(2)
    first, second = lower_bounds(vae, IMAGE_BYTES[[0, 0]], seed=1)
    assert first != second
    expected = lower_bounds(vae, IMAGE_BYTES, seed=1)
    assert expected[0] == pytest.approx(first, abs=1e-3)
    monkeypatch.setattr(annealing, "CHUNK", 2)
    received = lower_bounds(vae, IMAGE_BYTES, seed=1)
    np.testing.assert_allclose(received, expected, atol=1e-3)
