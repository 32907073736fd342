"""Chunks against all at once."""

import numpy as np
import pytest

from vae.evaluation.chunks import map_chunks
from vae.numerics.determinism import tf


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_chunks_are_joined_in_order(size, capsys):
    a, b = np.arange(7), np.arange(14).reshape(7, 2)
    lengths = []

    def function(a, b):
        lengths.append(len(a))
        return tf.constant(a + 1), tf.constant(b * a[:, None])

    first, second = map_chunks(function, a, b, size=size, title="sums")
    np.testing.assert_array_equal(first, a + 1)
    np.testing.assert_array_equal(second, b * a[:, None])
    assert max(lengths) == min(size, 7) and sum(lengths) == 7
    assert capsys.readouterr() == ("", "sums\n")
