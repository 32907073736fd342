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


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(disentanglement, "NUM_SAMPLES", 2000)
    monkeypatch.setattr(disentanglement, "NUM_TREES", 10)


def measure(code):
    """Return information, gap, score and DCI, with a dimension without information."""
    loc = np.pad(code, [(0, 0), (0, 1)]).astype("f4")
    scale = np.where(loc.any(axis=0), np.float32(0.02), np.float32(1)) + 0 * loc
    information = factor_information(loc, scale, FACTORS, seed=1)
    order = np.random.default_rng(0).permutation(len(loc))
    splits = [(loc[part], FACTORS[part]) for part in (order[:120], order[120:])]
    return (
        information,
        mutual_information_gap(information, factor_entropies(FACTORS)),
        factor_vae_score(loc, FACTORS, seed=1),
        [*dci(*splits, seed=1).values()],
    )


def test_a_perfect_code_has_the_best_values():
    information, gap, score, values = measure(VALUES[:, [2, 0, 1]])
    expected = np.zeros([4, 3])
    expected[[1, 2, 0], [0, 1, 2]] = np.log([6, 6, 4])
    np.testing.assert_allclose(information, expected, atol=1e-4)
    assert gap == pytest.approx(1, abs=1e-4)
    assert score == 1 and values == [1, 1, 1]


def test_a_code_of_sums_and_differences_has_low_values_but_is_informative():
    """Two factors are rotated, and one is not."""
    information, gap, score, values = measure(VALUES @ ROTATION)
    np.testing.assert_allclose(information[0], information[1], atol=0.05)
    assert gap == pytest.approx(1 / 3, abs=0.03)
    assert score == pytest.approx(2 / 3, abs=0.1)
    disentangled, complete, informative = values
    low = 1 - np.log(2) / np.log(3)  # of two dimensions for two factors each
    assert disentangled == pytest.approx((1 + 2 * low) / 3, abs=0.06)
    low = 1 - np.log(2) / np.log(4)
    assert complete == pytest.approx((1 + 2 * low) / 3, abs=0.06)
    assert informative > 0.7


def test_a_constant_code_has_zeros_and_chance():
    information, gap, score, values = measure(0 * VALUES)
    assert not information.any()
    assert gap == score == 0
    *zeros, informative = values
    assert zeros == [0, 0] and informative < 0.4


def test_information_of_two_gaussians_is_that_of_an_integral(monkeypatch):
    """H(v) = log 2, and the two values of the first factor have a Gaussian each."""
    distance, wider = 0.5, 16
    factors = np.indices([2, 5]).reshape(2, -1).T
    loc = distance * factors[:, :1].astype("f4")
    scale = np.where(factors[:, :1], np.float32(0.8 * wider), np.float32(0.8))

    z = np.linspace(-7 * wider, 7 * wider + distance, 100_001)[:, None]
    density = norm([0, distance], [0.8, 0.8 * wider]).pdf(z) / 2
    total = density.sum(axis=1)
    share = density / total[:, None]
    left = -total * (share * np.log(share + 1e-300)).sum(axis=1)
    expected = np.log(2) - np.trapezoid(left, z[:, 0])
    monkeypatch.setattr(disentanglement, "MAX_PAIRS", 700 * len(loc))  # three chunks
    (received,) = factor_information(loc, scale, factors, seed=1)
    error = 4 * np.log(2) / 2 / np.sqrt(2000)  # of values between 0 and log 2
    np.testing.assert_allclose(received, [expected, 0], atol=error)
    assert received[1] < 1e-3 < received[0]


def test_one_dimension_or_one_factor_is_enough():
    information = np.diag(factor_entropies(FACTORS))[:1]
    gap = mutual_information_gap(information, factor_entropies(FACTORS))
    assert gap == pytest.approx(1 / 3)
    assert concentration(np.ones([3, 1])) == 1
    assert concentration(np.ones([1, 3])) == pytest.approx(0)
