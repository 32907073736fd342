"""IDX, the format of MNIST's files, for unsigned bytes.

    00 00 08 ndim | ndim sizes, big-endian, 4 bytes each | data, last axis fastest

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998).
"""

import math
import struct
from collections.abc import Mapping

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


def parse_files(contents: Mapping[str, bytes], num_classes: int) -> list[np.ndarray]:
    """Return the arrays of a dataset's four files, whose contents are given by name.

    They are images, uint8 [images, height, width], and labels [images], uint8 or int16,
    of the training set, then of the test set. Without classes all labels are 0.

    Raises ValueError if a file is damaged, if the shapes do not match, or if a label is
    not below the number of classes.
    """
    arrays = []
    for name, content in contents.items():
        try:
            arrays.append(parse_idx(content))
        except ValueError as error:
            raise ValueError(f"{name}: damaged ({error})") from error
    n, m, size = arrays[1].size, arrays[3].size, arrays[0].shape[1:]
    shapes = [array.shape for array in arrays]
    if (
        shapes != [(n, *size), (n,), (m, *size), (m,)]
        or len(size) != 2
        or 0 in (n, *size)
    ):
        expected = "(n, height, width), (n,), (m, height, width), (m,), without a 0"
        raise ValueError(f"*: arrays of shapes {shapes}, expected {expected}")
    types = [array.dtype.name for array in arrays]
    label = "int16" if num_classes > 256 else "uint8"
    if types != ["uint8", label, "uint8", label]:
        raise ValueError(f"*: arrays of {types}, expected uint8 images, {label} labels")
    values = np.concatenate([arrays[1], arrays[3]])
    allowed = max(1, num_classes)
    if not 0 <= values.min() <= values.max() < allowed:
        received = f"labels from {values.min()} to {values.max()}"
        expected = f"0 to {allowed - 1}, as the dataset names {num_classes} classes"
        raise ValueError(f"*-labels-*: received {received}, expected {expected}")
    return arrays


def format_idx(array: np.ndarray) -> bytes:
    """Return the content of the IDX file of an array with one to three axes."""
    code = CODES[array.dtype.name]
    header = struct.pack(f">4B{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(TYPES[code]).tobytes()
