"""Images in rows and columns of one image, without Matplotlib."""

import numpy as np
from numpy.typing import ArrayLike

GAP = 2  # white pixels between images


def tile(
    images: np.ndarray, image_shape: ArrayLike, is_ink: ArrayLike, gap: int = GAP
) -> np.ndarray:
    """Arrange images [rows, columns, pixels] in one image, where 0 is white."""
    rows, columns = images.shape[:2]
    images = images if is_ink else 1 - images
    height, width = np.asarray(image_shape)
    images = images.reshape(rows, columns, height, width)
    images = np.pad(images, [(0, 0), (0, 0), (0, gap), (0, gap)])
    return images.transpose(0, 2, 1, 3).reshape(rows * (height + gap), -1)
