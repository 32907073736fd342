"""From the gray levels of a picture to its ink, from ink to an image like MNIST's."""

from typing import Any

import numpy as np
from numpy.polynomial.polynomial import polygrid2d, polyvander2d

LEAST_CONTRAST = 0.1  # of ink
DEVIATIONS = 1.4826  # of a Gaussian: its standard deviation by its median distance


def border(shape: tuple[int, ...]) -> Any:
    """Return the rows and the columns of some 5,000 pixels at the border of a picture.

    The border is as wide as 1/28 of each side.
    """
    at_border = np.ones(shape, bool)
    at_border[tuple(slice(max(1, n // 28), -max(1, n // 28)) for n in shape)] = False
    positions = np.nonzero(at_border)
    step = -(-len(positions[0]) // 5000)
    return tuple(axis[::step] for axis in positions)


def is_darker(levels: np.ndarray) -> bool:
    """Return whether the ink is darker than the paper, which fills the border."""
    paper = np.median(levels[border(levels.shape)])
    darkest, lightest = levels.min(), levels.max()
    if paper - darkest == lightest - paper:  # as where all is even
        return bool(paper > 127)
    return bool(paper - darkest > lightest - paper)


def find_ink(levels: np.ndarray, *, is_dark: bool) -> np.ndarray:
    """Find ink that is darker or lighter than the paper, whose light may be uneven.

    1. The contrast of a pixel is the fraction by which it is darker, or lighter, than
       the paper there, as `fit_paper` has it. Paper below 32 counts as 32.
    2. The noise is the standard deviation of the contrast at the border; it is computed
       from the median of the distances from 0, to which ink there does not matter.
    3. Ink is 0 up to a contrast of three times the noise, and 255 at the greatest
       contrast less three times the noise; between them it is linear.

    Of black strokes on white, ink is 255 less the gray level. The strokes on the page's
    pad are such, so that the page needs no more than `fit_ink`.

    Args:
        levels: gray levels from 0 to 255, [height, width].

    Returns:
        uint8 [height, width], 0 everywhere if there is too little contrast.
    """
    paper = fit_paper(levels)
    difference = paper - levels if is_dark else levels - paper
    contrast = difference / np.maximum(paper, 32)
    noise = DEVIATIONS * np.median(np.abs(contrast[border(levels.shape)]))
    least, most = 3 * noise, contrast.max() - 3 * noise
    if most - least < LEAST_CONTRAST:
        return np.zeros(levels.shape, np.uint8)
    ink = np.clip((contrast - least) / (most - least), 0, 1)
    return np.rint(255 * ink).astype(np.uint8)


def fit_paper(levels: np.ndarray) -> np.ndarray:
    """Fit the gray level of the paper at each pixel to the pixels at the border.

    It is their median, or a polynomial of the first or second degree in both directions
    where that comes closer to them. Pixels that are far from the polynomial show ink,
    and are left out.
    """
    y, x = (np.linspace(-1, 1, size) for size in levels.shape)
    rows, columns = border(levels.shape)
    at_border = levels[rows, columns]
    terms = polyvander2d(y[rows], x[columns], [2, 2])
    degrees = np.add.outer(range(3), range(3)).ravel()
    best = np.zeros(9)
    best[0] = np.median(at_border)
    closest = np.median(np.abs(at_border - best[0]))
    for degree in (1, 2):
        coefficients, used = best, degrees <= degree
        for _ in range(10):
            distance = np.abs(at_border - terms @ coefficients)
            near = distance <= 3 * DEVIATIONS * np.median(distance) + 1
            solution = np.linalg.lstsq(terms[near][:, used], at_border[near])[0]
            coefficients = np.zeros(9)
            coefficients[used] = solution
        typical = np.median(np.abs(at_border - terms @ coefficients))
        if typical < 0.9 * closest:
            best, closest = coefficients, typical
    return np.clip(polygrid2d(y, x, best.reshape(3, 3)), 0, 255)


def fit_ink(ink: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Scale and center ink as the digits of MNIST are, of 20 in 28 pixels.

    1. The box is the smallest rectangle with all pixels that have more than a quarter
       of the most ink. What lies outside is left out.
    2. The box is scaled to 20/28 of the image's height or width, whichever is reached
       first. Each new pixel is the mean of the old ones that it covers, by the areas
       that it covers.
    3. The box is moved by whole pixels, so that its center of mass comes nearest to the
       middle of the image, and no further than to the border.

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
    """Return the weights of the old pixels in each new one along an axis, [new, old].

    Args:
        mass: ink at each old pixel. Integers, so that the page has the same sums.
        step: old pixels per new one.
        size: number of new pixels.
    """
    old = np.arange(len(mass))
    center = (mass @ (2 * old + 1)) / (2 * mass.sum()) / step
    shift = np.floor(size / 2 - center + 0.5)
    shift = np.clip(shift, 0, np.floor(size - len(mass) / step))
    new = step * (np.arange(size)[:, None] - shift)
    overlap = np.minimum(new + step, old + 1) - np.maximum(new, old)
    return np.maximum(overlap, 0) / step
