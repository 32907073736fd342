"""Pictures in and out: any file to what the model takes, arrays to a PNG."""

from pathlib import Path

import numpy as np
from matplotlib.image import imsave
from PIL import Image, UnidentifiedImageError

BOX = 20  # into which MNIST fits a digit, of its 28 pixels
GAP = 2  # white pixels between images


class PictureError(Exception):
    """A picture that cannot be used, and why, in one line."""


def read_picture(path: Path, size: int = 28) -> np.ndarray:
    """Ink in [0, 1], float64 [size, size]: scaled and centred as MNIST's digits are.

    The ink may be darker or lighter than the paper, which fills the border. It is
    fitted into 20 pixels, and its centre of mass put into the middle. A picture that
    has the size already is taken as it is.

    Raises PictureError if it is no picture, too small, or blank.
    """
    try:
        with Image.open(path) as picture:
            # Where it is transparent, there is paper.
            picture = picture.convert("RGBA")
            paper = Image.new("RGBA", picture.size, "white")
            grey = Image.alpha_composite(paper, picture).convert("L")
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file") from None
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureError(f"{path}: no picture that can be read ({error})") from None
    if min(grey.size) < size:
        received = f"{grey.width} x {grey.height}"
        raise PictureError(
            f"{path}: received {received} pixels, expected {size} x {size}"
        )
    ink = np.asarray(grey) / 255
    border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    if np.median(border) > 0.5:
        ink = 1 - ink
    if ink.shape == (size, size):
        return ink
    return centre(ink, path, size)


def centre(ink: np.ndarray, path: Path, size: int) -> np.ndarray:
    """The part of a picture that has ink, fitted and centred."""
    there = ink > 0.25 * ink.max()
    if ink.max() < 0.1 or there.mean() > 0.95:
        raise PictureError(f"{path}: blank; expected something drawn on a plain ground")
    rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
    part = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX * size / 28 / max(part.shape)
    width, height = (max(1, round(scale * side)) for side in part.shape[::-1])
    image = Image.fromarray(np.uint8(np.rint(255 * part)))
    part = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS)) / 255
    mass = part.sum()
    middle = (
        (part.sum(axis=1) @ np.arange(height)) / mass,
        (part.sum(axis=0) @ np.arange(width)) / mass,
    )
    top, left = (
        int(np.clip(round((size - 1) / 2 - place), 0, size - side))
        for place, side in zip(middle, part.shape, strict=True)
    )
    centred = np.zeros((size, size))
    centred[top : top + height, left : left + width] = part
    return centred


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """One picture of many, [images, height, width], row by row."""
    _, height, width = images.shape
    rows = -(-len(images) // columns)
    missing = rows * columns - len(images)
    images = np.pad(images, [(0, missing), (0, GAP), (0, GAP)])
    images = images.reshape(rows, columns, height + GAP, width + GAP)
    return images.transpose(0, 2, 1, 3).reshape(rows * (height + GAP), -1)


def write_png(path: Path, ink: np.ndarray, zoom: int = 4) -> None:
    """Write ink in [0, 1] as black on white."""
    pixels = np.kron(np.clip(ink, 0, 1), np.ones((zoom, zoom)))
    imsave(path, pixels, vmin=0, vmax=1, cmap="gray_r", metadata={"Software": None})
