"""Binarization of gray images. A pixel is a byte with the value byte / 255."""

import numpy as np

from vae.numerics.streams import SPLITS, Purpose, seed_sequence


def binarize(images: np.ndarray, *, how: str, seed: int, split: str) -> np.ndarray:
    """Convert images to observations, uint8 of the same shape.

    `none` keeps gray values, `threshold` cuts at one half, `static` and `dynamic` draw
    255 with probability byte / 255 exactly, and 0 otherwise. The random numbers differ
    between splits.
    """
    match how:
        case "none":
            return images
        case "threshold":
            white = images > 127
        case "static" | "dynamic":
            sequence = seed_sequence(seed, Purpose.FIXED_PIXELS, SPLITS[split])
            rng = np.random.default_rng(sequence)
            white = rng.integers(255, size=images.shape, dtype=np.uint8) < images
        case _:
            raise ValueError(f"unknown binarization {how!r}")
    return np.where(white, np.uint8(255), np.uint8(0))
