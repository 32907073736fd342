"""Chunks against all at once."""

import numpy as np
import pytest

from vae.evaluation.chunks import in_blocks, map_chunks
from vae.numerics.determinism import tf


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_chunks_are_joined_in_order(size, capsys):
    a, b = np.arange(7), np.arange(14).reshape(7, 2)
    lengths = []

    def function(a, b):
        lengths.append(len(a))
        return tf.constant(a + 1), tf.constant(b * a[:, None])

    first, second = map_chunks(function, a, b, size=size, what="sums")
    np.testing.assert_array_equal(first, a + 1)
    np.testing.assert_array_equal(second, b * a[:, None])
    assert max(lengths) == min(size, 7) and sum(lengths) == 7
    assert capsys.readouterr() == ("", "sums\n")


def test_blocks_are_filled_with_black_images():
    images = np.arange(14, dtype=np.uint8).reshape(7, 2)
    blocks = in_blocks(images, 3)
    assert blocks.shape == (3, 3, 2)
    np.testing.assert_array_equal(blocks.reshape(9, 2)[:7], images)
    assert not blocks[2, 1:].any()
    np.testing.assert_array_equal(in_blocks(images, 100), images[None])
