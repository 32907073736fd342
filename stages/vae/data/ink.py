"""Detection of ink in a picture, and its conversion to an image like MNIST's."""

from typing import Any

import numpy as np
from numpy.polynomial.polynomial import polygrid2d, polyvander2d

MIN_CONTRAST = 0.1  # of ink
MAD_FACTOR = 1.4826  # standard deviation of a Gaussian / its median distance


def find_ink(levels: np.ndarray) -> np.ndarray:
    """Find ink that is darker or lighter than the paper, which may be unevenly lit.

    1. The contrast of a pixel is the fraction by which it is darker, or lighter, than
       the paper fitted by `fit_paper`. Paper below 32 counts as 32.
    2. The noise is the standard deviation of the contrast at the border. It is computed
       from the median absolute contrast, which little ink at the border changes.
    3. Ink is 0 up to a contrast of three times the noise, and 255 at the largest
       contrast minus three times the noise. Between them it is linear.

    For black strokes on white, ink is 255 minus the gray level. The strokes on the
    page's pad are of this kind, so the page needs only `fit_ink`.

    Args:
        levels: gray levels from 0 to 255, [height, width].

    Returns:
        uint8 [height, width], 0 everywhere if there is too little contrast.
    """
    paper = fit_paper(levels)
    darker = paper - levels
    if darker.max() < -darker.min():
        darker = -darker
    contrast = darker / np.maximum(paper, 32)
    noise = MAD_FACTOR * np.median(np.abs(contrast[border_pixels(levels.shape)]))
    least, most = 3 * noise, contrast.max() - 3 * noise
    if most - least < MIN_CONTRAST:
        return np.zeros(levels.shape, np.uint8)
    ink = np.clip((contrast - least) / (most - least), 0, 1)
    return np.rint(255 * ink).astype(np.uint8)


def border_pixels(shape: tuple[int, ...]) -> Any:
    """Return rows and columns of about 5,000 pixels in the outer 1/28 of a picture."""
    at_border = np.ones(shape, bool)
    at_border[tuple(slice(max(1, n // 28), -max(1, n // 28)) for n in shape)] = False
    rows, columns = np.nonzero(at_border)
    step = -(-len(rows) // 5000)
    return rows[::step], columns[::step]


def fit_paper(levels: np.ndarray) -> np.ndarray:
    """Fit the gray level of the paper at each pixel by a polynomial of degree two.

    The fit starts from the median at the border. It is repeated on the border pixels
    that are near the last fit, because the others show ink.
    """
    y, x = (np.linspace(-1, 1, size) for size in levels.shape)
    rows, columns = border_pixels(levels.shape)
    degrees = np.add.outer(range(3), range(3)).ravel()
    terms = polyvander2d(y[rows], x[columns], [2, 2]) * (degrees <= 2)
    at_border = levels[rows, columns]
    paper = np.zeros(9)
    paper[0] = np.median(at_border)
    for _ in range(20):
        distance = np.abs(at_border - terms @ paper)
        near = distance <= 3 * MAD_FACTOR * np.median(distance) + 1
        paper = np.linalg.lstsq(terms[near], at_border[near])[0]
    return np.clip(polygrid2d(y, x, paper.reshape(3, 3)), 0, 255)


def fit_ink(ink: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Scale and center ink like the digits of MNIST, which fill 20 of 28 pixels.

    1. The box is the smallest rectangle around all pixels with more than a quarter of
       the largest ink. Ink outside the box is discarded.
    2. The box is scaled to 20/28 of the image's height or width, whichever is reached
       first. A new pixel is the mean of the old pixels it covers, weighted by area.
    3. The box is moved by whole pixels. Its center of mass comes as near to the middle
       of the image as possible, while the box stays inside the image.

    The page follows the same rule, in `explorer/core/drawing.js`.

    Args:
        ink: uint8 [height, width], 0 where there is none.
        shape: height and width of the result.

    Returns:
        float64 in [0, 1].
    """
    inside = ink > ink.max() / 4
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.int64)
    step = 28 * max(np.divide(box.shape, shape)) / 20  # old pixels per new one
    vertical, horizontal = (
        _coverage(box.sum(axis=1 - axis), step, shape[axis]) for axis in (0, 1)
    )
    return vertical @ (box / 255) @ horizontal.T


def _coverage(mass: np.ndarray, step: float, size: int) -> np.ndarray:
    """Return the weights of old pixels in new pixels along an axis, [new, old].

    Args:
        mass: ink per old pixel; integers, so that the page computes the same sums.
        step: old pixels per new pixel.
        size: number of new pixels.
    """
    old = np.arange(len(mass))
    center = (mass @ (2 * old + 1)) / (2 * mass.sum()) / step
    shift = np.floor(size / 2 - center + 0.5)
    shift = np.clip(shift, 0, np.floor(size - len(mass) / step))
    new = step * (np.arange(size)[:, None] - shift)
    overlap = np.minimum(new + step, old + 1) - np.maximum(new, old)
    return np.maximum(overlap, 0) / step
