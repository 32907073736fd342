"""IDX, the format of MNIST's files, for unsigned bytes.

    00 00 08 ndim | ndim sizes, big-endian, 4 bytes each | data, last axis fastest

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998).
"""

import math
import struct
from collections.abc import Mapping

import numpy as np

# Labels have one axis, images three. The third byte, 08, means unsigned bytes.
NDIMS = {bytes([0, 0, 8, ndim]): ndim for ndim in (1, 2, 3)}
# Types of the format, by the first three bytes.
TYPES = {8: "uint8", 9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64"}
FORMS = {bytes([0, 0, number]): name for number, name in TYPES.items()}


def parse_idx(content: bytes) -> np.ndarray:
    """Return the array in an IDX file: uint8, read-only, one to three axes.

    Raises:
        ValueError: the content is not an IDX file, or is truncated or too long.
        TypeError: the array has another type or more axes.
    """
    ndim = NDIMS.get(content[:4])
    if ndim is None and len(content) > 3 and content[:3] in FORMS:
        received = f"{FORMS[content[:3]]} with {content[3]} axes"
        raise TypeError(f"received {received}, expected uint8 with one to three")
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


def parse_files(contents: Mapping[str, bytes], num_classes: int) -> list[np.ndarray]:
    """Return the arrays of a dataset's four files, whose contents are given by name.

    They are images [images, height, width] and labels [images] of the training set,
    then of the test set. Raises ValueError if a file is damaged, if the shapes do not
    match, or if a label is not below the number of classes.
    """
    arrays = []
    for name, content in contents.items():
        try:
            arrays.append(parse_idx(content))
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from error
        except ValueError as error:
            raise ValueError(f"{name}: damaged ({error})") from error
    shapes = [array.shape for array in arrays]
    n, m, size = arrays[1].size, arrays[3].size, shapes[0][1:]
    expected = [(n, *size), (n,), (m, *size), (m,)]
    if shapes != expected or len(size) != 2 or 0 in (n, m, *size):
        expected = "(n, height, width), (n,), (m, height, width), (m,), without a 0"
        raise ValueError(f"*: arrays of shapes {shapes}, expected {expected}")
    label = max(arrays[1].max(), arrays[3].max())
    if label >= num_classes:
        expected = f"0 to {num_classes - 1}, as the dataset names {num_classes} classes"
        raise ValueError(f"*-labels-*: received the label {label}, expected {expected}")
    return arrays


def format_idx(array: np.ndarray) -> bytes:
    """Return the content of the IDX file of a uint8 array with one to three axes."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()
