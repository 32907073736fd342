"""Binary observations from grey images. A pixel is a byte and stands for byte / 255."""

import numpy as np

from vae.numerics.streams import SPLITS, Purpose, seed_sequence


def binarize(images: np.ndarray, *, how: str, seed: int, split: str) -> np.ndarray:
    """Images as the bounds see them.

    Args:
        images: uint8 of any shape.
        how: `none` keeps grey values, `threshold` cuts at one half, `static` and
            `dynamic` draw each pixel once.
        seed, split: of the draw.
    """
    match how:
        case "none":
            return images
        case "threshold":
            return np.where(images > 127, np.uint8(255), np.uint8(0))
        case "static" | "dynamic":
            return binarize_once(images, seed=seed, split=split)
    raise ValueError(f"unknown binarization {how!r}")


def binarize_once(images: np.ndarray, *, seed: int, split: str) -> np.ndarray:
    """Draw each pixel as 0 or 255, 255 with probability byte / 255 exactly.

    Args:
        images: uint8 of any shape.
        seed: from `params.yaml`.
        split: `train`, `validation` or `test`; each has random numbers of its own.
    """
    sequence = seed_sequence(seed, Purpose.FIXED_PIXELS, SPLITS[split])
    rng = np.random.default_rng(sequence)
    below = rng.integers(255, size=images.shape, dtype=np.uint8)  # 0 to 254
    return np.where(below < images, np.uint8(255), np.uint8(0))
