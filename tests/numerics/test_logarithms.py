"""Sums of logarithms against their formulas, and their bounds."""

import numpy as np
import pytest

from vae.numerics import logarithms


def test_log_mean_exp_neither_overflows_nor_forgets_the_mean():
    values = np.float32([[1000.0, -1000.0, 0.0], [1000.0, -1000.0, np.log(3)]])
    received = logarithms.log_mean_exp(values)
    np.testing.assert_allclose(received, [1000, -1000, np.log(2)], rtol=1e-6)


@pytest.mark.parametrize("count", [1, 5, 64, 784, 1024])
def test_sums_of_logarithms_are_exact_even_of_the_largest_factors(count):
    """No product overflows: a float32 holds 2^64, but not 2^128."""
    factors = np.float32([np.linspace(1, 2, count), np.full(count, 2)])
    expected = np.log(np.float64(factors)).sum(axis=-1)
    np.testing.assert_allclose(logarithms.sum_log(factors), expected, rtol=1e-6)
