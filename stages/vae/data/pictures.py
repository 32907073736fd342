"""Conversion of users' pictures to observations, and of arrays to PNG files."""

import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from vae.data.ink import border_pixels, find_ink, fit_ink
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.files import write_files

# Accepted formats. For some other formats Pillow starts programs.
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP")
GAP = 2  # white pixels between images
PNG = b"\x89PNG\r\n\x1a\n"  # first bytes of the format


def read_picture(path: Path, shape: tuple[int, int] = (28, 28)) -> np.ndarray:
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

    The orientation follows the EXIF data, and transparent pixels are white. With more
    than 8 bits per pixel, the lightest pixel is white.
    """
    try:
        if path.exists() and not path.is_file():  # reading a pipe would never end
            raise ValueError("not a file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as file:
                picture = ImageOps.exif_transpose(file)
            if picture.mode.startswith(("I", "F")):
                levels = np.nan_to_num(np.asarray(picture, np.float64)).clip(min=0)
                return 255 * (levels / (levels.max() or 1))
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            gray = Image.alpha_composite(white, picture).convert("L")
            return np.asarray(gray, np.float64)
    except Exception as error:  # noqa: BLE001  Pillow raises many types
        problem = f"not a readable picture ({one_line(error)})"
        expected = f"expected a file of {', '.join(FORMATS)}"
        raise PipelineError(f"{path}: {problem}; {expected}") from None


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Arrange images [images, height, width] in one image, row by row."""
    _, height, width = images.shape
    rows = -(-len(images) // columns)
    missing = rows * columns - len(images)
    images = np.pad(images, [(0, missing), (0, GAP), (0, GAP)])
    images = images.reshape(rows, columns, height + GAP, width + GAP)
    return images.transpose(0, 2, 1, 3).reshape(rows * (height + GAP), -1)


def check_output(path: Path) -> None:
    """Raise PipelineError unless `path` ends in .png and is new, empty or a PNG."""
    if path.suffix.lower() != ".png":
        raise PipelineError(f"{path}: received {path.name!r}; expected a .png file")
    if path.is_file() and path.read_bytes()[:8] not in (b"", PNG):
        problem = "exists and is not a PNG file; choose another name"
        raise PipelineError(f"{path}: {problem}")


def write_pngs(pictures: Mapping[Path, np.ndarray], zoom: int = 4) -> None:
    """Write pictures of ink in [0, 1], black on white, all or none."""
    contents = {}
    for path, ink in pictures.items():
        check_output(path)
        pixels = np.rint(255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)
        content = BytesIO()
        pixels = np.kron(pixels, np.ones((zoom, zoom), np.uint8))
        Image.fromarray(pixels).save(content, "PNG")
        contents[path] = content.getvalue()
    write_files(contents)
