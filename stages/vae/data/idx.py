"""IDX, the format of MNIST's files.

    00 00 type ndim | ndim sizes, big-endian, 4 bytes each | data, last axis fastest

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998).
"""

import math
import struct

import numpy as np

# Types of the format by the third byte of a file, big-endian.
TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
CODES = {np.dtype(dtype).name: code for code, dtype in TYPES.items()}


def parse_idx(content: bytes) -> np.ndarray:
    """Return the array in an IDX file, read-only, with one to three axes.

    Raises ValueError if the content is not an IDX file, or is truncated or too long.
    """
    ndim = content[3] if len(content) > 3 else 0
    if content[:2] != bytes(2) or ndim not in (1, 2, 3) or content[2] not in TYPES:
        received = content[:4].hex() or "nothing"
        expected = "00000801 to 00000803 or those of other types"
        raise ValueError(f"IDX magic number {received}, expected {expected}")
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"IDX header of {len(content)} bytes, expected {start}")
    dtype = np.dtype(TYPES[content[2]])
    shape = struct.unpack(f">{ndim}I", content[4:start])
    received, expected = len(content) - start, math.prod(shape) * dtype.itemsize
    if received != expected:
        wanted = f"{expected} for the shape {shape}"
        raise ValueError(f"IDX data of {received} bytes, expected {wanted}")
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def format_idx(array: np.ndarray) -> bytes:
    """Return the content of the IDX file of an array with one to three axes."""
    code = CODES[array.dtype.name]
    header = struct.pack(f">4B{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(TYPES[code]).tobytes()
