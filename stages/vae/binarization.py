"""Binary observations from grey images, drawn once."""

import numpy as np


def draw_binary_once(images: np.ndarray, *, seed: int, stream: int) -> np.ndarray:
    """Draw each pixel as 0 or 255, 255 with probability byte / 255 exactly.

    Args:
        images: uint8, any shape.
        seed: from `params.yaml`.
        stream: tells draws under one seed apart.

    Returns:
        uint8 of the same shape, so that a pixel is byte / 255 here as elsewhere.
    """
    rng = np.random.default_rng([seed, stream])
    below = rng.integers(255, size=images.shape, dtype=np.uint8)  # 0 to 254
    return np.where(below < images, np.uint8(255), np.uint8(0))
