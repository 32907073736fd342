"""Metrics of disentanglement, on codes for which they are known."""

import numpy as np
import pytest
from scipy.stats import norm

from vae.evaluation import disentanglement
from vae.evaluation.disentanglement import (
    concentration,
    dci,
    factor_entropies,
    factor_information,
    factor_vae_score,
    mutual_information_gap,
)

# The grid of two factors with 6 values and of one with 4.
FACTORS = np.indices([6, 6, 4]).reshape(3, -1).T.astype(np.int16)
VALUES = ((FACTORS - FACTORS.mean(axis=0)) / FACTORS.std(axis=0)).astype("f4")
ROTATION = np.array([[1, 1, 0], [1, -1, 0], [0, 0, 1]], "f4") / [[2**0.5, 2**0.5, 1]]
CODES = {
    "perfect": VALUES[:, [2, 0, 1]],
    "rotated": VALUES @ ROTATION.astype("f4"),
    "constant": 0 * VALUES,
}


def with_noise_dimension(loc):
    """Add a dimension without information, whose q(z|x) is the prior."""
    zeros = np.zeros([len(loc), 1], "f4")
    return np.concatenate([loc, zeros], axis=1)


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(disentanglement, "NUM_SAMPLES", 2000)
    monkeypatch.setattr(disentanglement, "NUM_TREES", 10)


def scale_of(loc):
    return np.where(loc.any(axis=0), np.float32(0.02), np.float32(1)) + 0 * loc


def information_of(loc):
    return factor_information(loc, scale_of(loc), FACTORS, seed=1)


def gap_of(loc):
    return mutual_information_gap(information_of(loc), factor_entropies(FACTORS))


def score_of(loc):
    return factor_vae_score(loc, FACTORS, seed=1)


def dci_of(loc):
    order = np.random.default_rng(0).permutation(len(loc))
    train, test = (order[:120], order[120:])
    splits = [(loc[part], FACTORS[part]) for part in (train, test)]
    return [*dci(*splits, seed=1).values()]


def test_a_perfect_code_has_the_best_values():
    loc = with_noise_dimension(CODES["perfect"])
    expected = np.zeros([4, 3])
    expected[[1, 2, 0], [0, 1, 2]] = np.log([6, 6, 4])
    np.testing.assert_allclose(information_of(loc), expected, atol=1e-4)
    assert gap_of(loc) == pytest.approx(1, abs=1e-4)
    assert score_of(loc) == 1
    assert dci_of(loc) == [1, 1, 1]


def test_a_code_of_sums_and_differences_has_low_values_but_is_informative():
    """Two factors are rotated, and one is not."""
    loc = with_noise_dimension(CODES["rotated"])
    information = information_of(loc)
    np.testing.assert_allclose(information[0], information[1], atol=0.05)
    assert gap_of(loc) == pytest.approx(1 / 3, abs=0.03)
    assert score_of(loc) == pytest.approx(2 / 3, abs=0.1)
    disentangled, complete, informative = dci_of(loc)
    low = 1 - np.log(2) / np.log(3)  # of two dimensions for two factors each
    assert disentangled == pytest.approx((1 + 2 * low) / 3, abs=0.06)
    low = 1 - np.log(2) / np.log(4)
    assert complete == pytest.approx((1 + 2 * low) / 3, abs=0.06)
    assert informative > 0.7


def test_a_constant_code_has_zeros_and_chance():
    loc = CODES["constant"]
    assert not information_of(loc).any()
    assert gap_of(loc) == score_of(loc) == 0
    *zeros, informative = dci_of(loc)
    assert zeros == [0, 0] and informative < 0.4


@pytest.mark.parametrize(("distance", "wider"), [(0.5, 1), (3.0, 1), (0.5, 16)])
def test_information_of_two_gaussians_is_that_of_an_integral(distance, wider):
    """H(v) = log 2, and the two values of the first factor have a Gaussian each."""
    factors = np.indices([2, 5]).reshape(2, -1).T
    loc = distance * factors[:, :1].astype("f4")
    scale = np.where(factors[:, :1], np.float32(0.8 * wider), np.float32(0.8))

    z = np.linspace(-7 * wider, 7 * wider + distance, 100_001)[:, None]
    density = norm([0, distance], [0.8, 0.8 * wider]).pdf(z) / 2
    total = density.sum(axis=1)
    share = density / total[:, None]
    left = -total * (share * np.log(share + 1e-300)).sum(axis=1)
    expected = np.log(2) - np.trapezoid(left, z[:, 0])
    (received,) = factor_information(loc, scale, factors, seed=1)
    error = 4 * np.log(2) / 2 / np.sqrt(2000)  # of values between 0 and log 2
    np.testing.assert_allclose(received, [expected, 0], atol=error)
    assert received[1] < 1e-3 < received[0]


def test_information_does_not_depend_on_chunks(monkeypatch):
    loc = CODES["rotated"]
    whole = information_of(loc)
    monkeypatch.setattr(disentanglement, "MAX_PAIRS", 700 * len(loc))
    np.testing.assert_allclose(information_of(loc), whole, atol=1e-5)


def test_one_dimension_or_one_factor_is_enough():
    loc, entropies = CODES["perfect"][:, 1:2], factor_entropies(FACTORS)
    information = factor_information(loc, scale_of(loc), FACTORS, seed=1)
    assert mutual_information_gap(information, entropies) == pytest.approx(1 / 3)
    assert concentration(np.ones([3, 1])) == 1
    assert concentration(np.ones([1, 3])) == pytest.approx(0)


def test_values_repeat_and_depend_on_the_seed():
    loc = np.random.default_rng(0).normal(size=VALUES.shape).astype("f4")
    first, second = (factor_vae_score(loc, FACTORS, seed=s) for s in (1, 2))
    assert first == score_of(loc) != second
