"""Pictures of users: from a file to an observation, from arrays to a PNG."""

import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from vae.data.ink import find_ink, fit_ink, is_darker
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.files import write_files

# Of all formats that Pillow knows; some others start programs.
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP")
GAP = 2  # white pixels between images
PNG = b"\x89PNG\r\n\x1a\n"  # how the format begins


def read_picture(path: Path, shape: tuple[int, int] = (28, 28)) -> np.ndarray:
    """Read the ink of a picture, in [0, 1], float64 of the given height and width.

    The ink may be darker or lighter than the paper, which fills the border. A picture
    that has the shape already is taken as it is; of others `find_ink` finds the ink,
    and `fit_ink` fits it.

    Raises:
        PipelineError: the file is no picture, or the picture is too small or blank.
    """
    levels = read_levels(path)
    height, width = levels.shape
    if height < shape[0] or width < shape[1]:
        raise PipelineError(
            f"{path}: received {width} x {height} pixels, "
            f"expected {shape[1]} x {shape[0]} or more"
        )
    is_dark = is_darker(levels)
    if levels.shape == tuple(shape):
        return (255 - levels if is_dark else levels) / 255
    ink = find_ink(levels, is_dark=is_dark)
    if not ink.any() or np.mean(ink > 255 / 4) > 0.95:
        raise PipelineError(
            f"{path}: blank; expected something drawn on a plain ground"
        )
    return fit_ink(ink, shape)


def read_levels(path: Path) -> np.ndarray:
    """Read the gray levels of a picture, from 0 to 255, float64 [height, width].

    It is turned as a camera's note in it says. Where it is transparent, it is white.
    """
    try:
        if path.exists() and not path.is_file():  # reading a pipe would never end
            raise ValueError("it is no file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as file:
                return gray_levels(ImageOps.exif_transpose(file))
    except FileNotFoundError:
        raise PipelineError(f"{path}: no such file") from None
    except Exception as error:  # noqa: BLE001  Pillow has many for damaged files
        problem = f"no picture that can be read ({one_line(error)})"
        expected = ", ".join(FORMATS)
        raise PipelineError(f"{path}: {problem}; expected: {expected}") from None


def gray_levels(picture: Image.Image) -> np.ndarray:
    """Return the gray levels of a picture, from 0 to 255, float64 [height, width].

    Of more than 8 bits, or of floating point, the lightest pixel is white.
    """
    if picture.mode.startswith(("I", "F")):
        levels = np.asarray(picture, np.float64)
        if not np.isfinite(levels).all():
            raise ValueError("a pixel is not finite")
        levels = np.maximum(levels, 0)
        return 255 * (levels / (levels.max() or 1))
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture).convert("L"), np.float64)


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Arrange images [images, height, width] in one, row by row."""
    _, height, width = images.shape
    rows = -(-len(images) // columns)
    missing = rows * columns - len(images)
    images = np.pad(images, [(0, missing), (0, GAP), (0, GAP)])
    images = images.reshape(rows, columns, height + GAP, width + GAP)
    return images.transpose(0, 2, 1, 3).reshape(rows * (height + GAP), -1)


def check_output(path: Path) -> None:
    """Raise PipelineError if a PNG would be written in the place of what is none."""
    if path.suffix.lower() != ".png":
        raise PipelineError(f"{path}: received {path.name!r}; expected a name in .png")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(PNG)) not in (b"", PNG):
                problem = "is there already, and is no PNG; choose another name"
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
