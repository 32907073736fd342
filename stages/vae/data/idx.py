"""IDX, the format of MNIST's files, for unsigned bytes.

    00 00 08 ndim | ndim sizes, big-endian, 4 bytes each | data, last axis fastest

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998).
"""

import math
import re
import struct

import numpy as np

# Labels have one axis, images three. The third byte, 08, means unsigned bytes.
NDIMS = {bytes([0, 0, 8, ndim]): ndim for ndim in (1, 2, 3)}


def parse_idx(content: bytes) -> np.ndarray:
    """Return the array in an IDX file: uint8, read-only, one to three axes.

    Raises:
        ValueError: the content is no such file, or is cut or too long.
        TypeError: it is one of other numbers or of more axes.
    """
    ndim = NDIMS.get(content[:4])
    if ndim is None and re.match(rb"\0\0[\x08-\x0e].", content, re.DOTALL):
        received = f"type {content[2]:02x} and {content[3]} axes"
        raise TypeError(f"IDX of {received}; expected 08, bytes, and 1 to 3 axes")
    if ndim is None:
        received = content[:4].hex() or "nothing"
        raise ValueError(f"IDX magic number {received}, expected 00000801 to 00000803")
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"IDX header of {len(content)} bytes, expected {start}")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    received, expected = len(content) - start, math.prod(shape)
    if received != expected:
        wanted = f"{expected} for the shape {shape}"
        raise ValueError(f"IDX data of {received} bytes, expected {wanted}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def format_idx(array: np.ndarray) -> bytes:
    """Return the content of the IDX file of an array: uint8, one to three axes."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()
