"""Encoding of arrays as text for the page."""

from base64 import b64encode
from collections.abc import Mapping

import numpy as np
from safetensors.numpy import save

MAX_WEIGHTS = 10_000_000  # more make a page that is too large for browsers


def encode_bytes(array: np.ndarray) -> str:
    """Encode numbers from 0 to 255 in base64."""
    return b64encode(array.astype(np.uint8).tobytes()).decode()


def encode_floats(array: np.ndarray) -> str:
    """Encode the upper 24 of the 32 bits of each number, rounded to the nearest."""
    words = np.ascontiguousarray(array, "<f4").reshape(-1, 1).view("<u4") + 0x80
    return encode_bytes(words.view(np.uint8)[:, 1:])


def pack_weights(weights: Mapping[str, np.ndarray]) -> dict[str, str] | None:
    """Pack header and values of the weights' file; return None if too many."""
    if sum(array.size for array in weights.values()) > MAX_WEIGHTS:
        return None
    content = save(dict(weights))  # the length of the header, the header, the values
    start = 8 + int.from_bytes(content[:8], "little")
    values = np.frombuffer(content[start:], "<f4")
    return {"header": content[8:start].decode(), "values": encode_floats(values)}


def pack_images(images: np.ndarray, *, binary: bool) -> str:
    """Pack all pixels, as bits if they are binary."""
    rows = images.reshape(len(images), -1)
    return encode_bytes(np.packbits(rows > 0, axis=1) if binary else rows)
