"""Conversion of users' pictures to observations, and of arrays to PNG files."""

import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from vae.data.images import scale_image, to_gray
from vae.data.ink import border_pixels, find_ink, fit_ink
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.files import write_files


def read_picture(path: Path, shape: tuple[int, int], dataset: str) -> np.ndarray:
    """Read a picture as an image of a dataset, in [0, 1], float64 [height, width].

    For MNIST it is the ink, scaled and centered. For other data it is the whole
    picture, scaled, in which 0 is black, and colors become gray.
    """
    if dataset == "MNIST":
        return read_ink(path, shape)
    return scale_image(read_gray(path, "gray"), shape) / 255


def read_ink(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Read the ink of a picture, in [0, 1], float64 of the given height and width.

    The ink may be darker or lighter than the paper, which fills the border. In a
    picture of the given shape, all gray levels are kept. In larger pictures `find_ink`
    finds the ink, and `fit_ink` scales and centers it.

    Raises:
        PipelineError: the file is not a picture, or the picture is too small or blank.
    """
    levels = read_levels(path)
    height, width = levels.shape
    if height < shape[0] or width < shape[1]:
        raise PipelineError(
            f"{path}: received {width} x {height} pixels, "
            f"expected {shape[1]} x {shape[0]} or more"
        )
    if levels.shape == shape:
        is_dark = np.median(levels[border_pixels(shape)]) > 127
        return (255 - levels if is_dark else levels) / 255
    ink = find_ink(levels)
    if not ink.any() or np.mean(ink > 255 / 4) > 0.95:
        raise PipelineError(f"{path}: blank; expected a drawing on a plain background")
    return fit_ink(ink, shape)


def read_levels(path: Path) -> np.ndarray:
    """Read the gray levels of a picture, from 0 to 255, float64 [height, width].

    Transparent pixels are white. With more than 8 bits per pixel, the lightest pixel is
    white.
    """
    picture = open_picture(path)
    if picture.mode.startswith(("I", "F")):
        levels = np.nan_to_num(np.asarray(picture, np.float64)).clip(min=0)
        return 255 * (levels / (levels.max() or 1))
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    gray = Image.alpha_composite(white, picture).convert("L")
    return np.asarray(gray, np.float64)


def read_gray(path: Path, color: str) -> np.ndarray:
    """Read the pixels of a picture, uint8 [height, width], where 0 is black.

    `color` is `gray` to convert colors, which are otherwise refused.

    Raises:
        PipelineError: the file is not a picture, or the picture has colors, transparent
            pixels, or more than 16 bits per pixel.
    """
    picture = open_picture(path)
    if picture.mode.startswith("I;16"):
        return np.rint(np.asarray(picture) / 257).astype(np.uint8)
    if picture.mode.startswith(("I", "F")):
        received = f"pixels of the mode {picture.mode}"
        raise PipelineError(
            f"{path}: received {received}, expected 8 or 16 bits per pixel, as in a PNG"
        )
    if (
        picture.has_transparency_data
        and (np.asarray(picture.convert("RGBA"))[..., 3] < 255).any()
    ):
        raise PipelineError(f"{path}: received transparent pixels, expected none")
    try:
        return to_gray(np.asarray(picture.convert("RGB")), color)
    except ValueError as error:
        raise PipelineError(f"{path}: {error}") from None


def open_picture(path: Path) -> Image.Image:
    """Read a picture, oriented by its EXIF data; raise PipelineError if it fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as file:
                # Photographs of some cameras contain a small copy, as MPO.
                if getattr(file, "is_animated", False) and file.format != "MPO":
                    raise ValueError("received several frames, expected one")
                return ImageOps.exif_transpose(file)
    except Exception as error:  # noqa: BLE001  Pillow raises many types
        problem = f"not a readable picture ({one_line(error)})"
        raise PipelineError(f"{path}: {problem}") from None


def check_output(path: Path) -> None:
    """Raise PipelineError unless `path` ends in .png."""
    if path.suffix.lower() != ".png":
        raise PipelineError(f"{path}: received {path.name!r}; expected a .png file")


def write_pngs(pictures: Mapping[Path, np.ndarray], zoom: int = 4) -> None:
    """Write pictures in [0, 1], where 0 is white, all or none."""
    contents = {}
    for path, ink in pictures.items():
        check_output(path)
        pixels = np.rint(255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)
        content = BytesIO()
        pixels = np.kron(pixels, np.ones((zoom, zoom), np.uint8))
        Image.fromarray(pixels).save(content, "PNG")
        contents[path] = content.getvalue()
    write_files(contents)
