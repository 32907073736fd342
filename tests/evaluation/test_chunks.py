"""Chunks against all at once."""

import numpy as np
import pytest
import tensorflow as tf

from vae.evaluation.chunks import map_chunks


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_chunks_are_joined_in_order(size):
    a, b = np.arange(7), np.arange(14).reshape(7, 2)
    lengths = []

    def function(a, b):
        lengths.append(len(a))
        return tf.constant(a + 1), tf.constant(b * a[:, None])

    first, second = map_chunks(function, a, b, size=size, what="sums")
    np.testing.assert_array_equal(first, a + 1)
    np.testing.assert_array_equal(second, b * a[:, None])
    assert max(lengths) == min(size, 7) and sum(lengths) == 7


def test_what_is_computed_is_said(capsys):
    map_chunks(lambda a: (a,), np.arange(5), size=2, what="sums")
    assert capsys.readouterr() == ("", "sums\n")
