"""The IDX format: hand-written bytes, round trips and damage."""

import numpy as np
import pytest

from vae.data.idx import format_idx, parse_idx

# Two labels, and one image of 2 rows and 3 columns, byte by byte.
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 255])
IMAGES = bytes([0, 0, 8, 3, *[0, 0, 0, 1], *[0, 0, 0, 2], *[0, 0, 0, 3], *range(6)])


def test_hand_written_bytes_are_read():
    np.testing.assert_array_equal(parse_idx(LABELS), np.uint8([7, 255]), strict=True)
    np.testing.assert_array_equal(parse_idx(IMAGES), [[[0, 1, 2], [3, 4, 5]]])
    assert format_idx(np.asfortranarray(parse_idx(IMAGES))) == IMAGES


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "magic number nothing, expected 00000801 to 00000803 or"),
        (bytes([0, 1, 8, 1]) + LABELS[4:], "magic number 00010801, expected"),
        (IMAGES[:15], "header of 15 bytes, expected 16"),
        (LABELS[:-1], r"data of 1 bytes, expected 2 for the shape \(2,\)"),
        (IMAGES[:4] + b"\xff" * 12, f"data of 0 bytes, expected {(2**32 - 1) ** 3}"),
    ],
)
def test_an_error_describes_the_damage(content, message):
    with pytest.raises(ValueError, match=message):
        parse_idx(content)


def test_arrays_of_several_types_are_read_back():
    for dtype in ("u1", "i1", "i2", "i4", "f4", "f8"):
        array = np.arange(6, dtype=dtype).reshape(2, 3)
        np.testing.assert_array_equal(parse_idx(format_idx(array)), array, strict=True)
