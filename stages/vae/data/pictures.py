"""Pictures of users: from a file to an observation, from arrays to a PNG."""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from vae.pipeline.errors import PipelineError

GAP = 2  # white pixels between images


def read_picture(path: Path, size: int = 28) -> np.ndarray:
    """Read the ink of a picture, in [0, 1], float64 [size, size].

    The ink may be darker or lighter than the paper, which fills the border. A picture
    that has the size already is taken as it is, others as `fit_ink` makes them.

    Raises:
        PipelineError: the file is no picture, or the picture is too small or blank.
    """
    try:
        with Image.open(path) as picture:
            # Where it is transparent, there is paper.
            picture = picture.convert("RGBA")
            paper = Image.new("RGBA", picture.size, "white")
            ink = np.asarray(Image.alpha_composite(paper, picture).convert("L"))
    except FileNotFoundError:
        raise PipelineError(f"{path}: no such file") from None
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PipelineError(f"{path}: no picture that can be read ({error})") from None
    if min(ink.shape) < size:
        raise PipelineError(
            f"{path}: received {ink.shape[1]} x {ink.shape[0]} pixels, "
            f"expected {size} x {size} or more"
        )
    border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    if np.median(border) > 127:
        ink = 255 - ink
    if ink.shape == (size, size):
        return ink / 255
    if ink.max() < 26 or np.mean(ink > ink.max() / 4) > 0.95:
        raise PipelineError(
            f"{path}: blank; expected something drawn on a plain ground"
        )
    return fit_ink(ink, (size, size))


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


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Arrange images [images, height, width] in one, row by row."""
    _, height, width = images.shape
    rows = -(-len(images) // columns)
    missing = rows * columns - len(images)
    images = np.pad(images, [(0, missing), (0, GAP), (0, GAP)])
    images = images.reshape(rows, columns, height + GAP, width + GAP)
    return images.transpose(0, 2, 1, 3).reshape(rows * (height + GAP), -1)


def write_png(path: Path, ink: np.ndarray, zoom: int = 4) -> None:
    """Write ink in [0, 1] as black on white."""
    pixels = np.rint(255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)
    Image.fromarray(np.kron(pixels, np.ones((zoom, zoom), np.uint8))).save(path)
