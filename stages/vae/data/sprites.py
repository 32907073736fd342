"""Sprites: images drawn by a rule, with all combinations of five known factors.

A pixel is white if its center lies in the shape. All numbers are integers, so that
every CPU draws the same images. Source of the idea: dSprites (Matthey et al. 2017).
"""

import math
from itertools import product

import numpy as np

from vae.pipeline.errors import PipelineError
from vae.pipeline.schema import MAX_SIDE, Download

TITLE = "sprites"
SHAPES = ["square", "ellipse", "heart"]
FACTORS = {"shape": len(SHAPES), "size": 4, "rotation": 20, "x": 16, "y": 16}
NUM_IMAGES = math.prod(FACTORS.values())
DEFAULT_SIDE, MIN_SIDE = 32, 16  # pixels

TURN = 2**20  # unit of sines and cosines
UNIT = 2**10  # radius of the circle that holds a shape, in the shape's coordinates
SQUARE = 716  # half of the side of the square
HEART, HEART_SHIFT = 800, 200  # half of the heart's diagonal, and its center


def choose_side(size: list[int] | str) -> int:
    """Return the side of the images for `download.size`.

    Raises PipelineError unless the size is `original` or a square of a useful size.
    """
    if isinstance(size, str):  # original
        return DEFAULT_SIDE
    if size[0] != size[1] or size[0] < MIN_SIDE:
        allowed = f"'original' ({DEFAULT_SIDE} x {DEFAULT_SIDE}) or [side, side]"
        raise PipelineError(
            f"params.yaml: download.size: received {size}; allowed for sprites: "
            f"{allowed} with a side from {MIN_SIDE} to {MAX_SIDE}"
        )
    return size[0]


def draw_sprites(settings: Download) -> dict[str, np.ndarray]:
    """Draw all images; the class is the shape.

    Returns:
        The arrays of an .npz of the user, without a test set: `train_images`, uint8
        [images, side, side]; `train_labels` [images]; `train_factors` [images,
        factors]; `class_names` and `factor_names`. The last factor varies fastest.
    """
    side = choose_side(settings.size)
    factors = np.indices([*FACTORS.values()]).reshape(len(FACTORS), -1).T
    images = np.zeros([*FACTORS.values(), side, side], np.uint8)
    for size, rotation in product(range(FACTORS["size"]), range(FACTORS["rotation"])):
        u, v = shape_coordinates(size, rotation, side)
        for shape, inside in enumerate(insides(u, v)):
            images[shape, size, rotation][inside] = 255
    return {
        "train_images": images.reshape(-1, side, side),
        "train_labels": factors[:, 0].astype(np.uint8),
        "train_factors": factors.astype(np.int16),
        "class_names": np.array(SHAPES),
        "factor_names": np.array([*FACTORS]),
    }


def shape_coordinates(
    size: int, rotation: int, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates of all pixels relative to a shape, int64 in its UNIT.

    The shape's radius is side / 4 for the largest of the four sizes and half of it for
    the smallest, in equal steps. Its center is between side / 4 and 3 side / 4 along
    each axis, so that the shape lies in the image. Both arrays are [x, y, rows,
    columns] by position and pixel.
    """
    positions = np.arange(FACTORS["x"])[:, None]
    # Distances are in 1/60 pixel; the center is side (15 + 2 position) / 60.
    distance = 30 * (2 * np.arange(side) + 1) - side * (15 + 2 * positions)
    right, down = distance[:, None, None, :], distance[None, :, :, None]
    angle = 2 * math.pi * rotation / FACTORS["rotation"]
    cosine, sine = round(TURN * math.cos(angle)), round(TURN * math.sin(angle))
    # The radius is side (3 + size) / 24 pixels, or 5/2 side (3 + size) distances.
    divisor = 5 * side * (3 + size) * TURN // (2 * UNIT)
    return (
        divide(right * cosine + down * sine, divisor),
        divide(down * cosine - right * sine, divisor),
    )


def divide(numbers: np.ndarray, divisor: int) -> np.ndarray:
    """Divide integers and round towards 0, so that symmetric shapes stay symmetric."""
    return np.sign(numbers) * (np.abs(numbers) // divisor)


def insides(u: np.ndarray, v: np.ndarray) -> list[np.ndarray]:
    """Return which coordinates lie in each of the SHAPES; v points down.

    The heart is a square on its corner, with a half disc on each of its upper sides.
    """
    across, up = np.abs(u), HEART_SHIFT - v
    corner = across + np.abs(up) <= HEART
    discs = (2 * across - HEART) ** 2 + (2 * up - HEART) ** 2 <= 2 * HEART**2
    return [
        np.maximum(across, np.abs(v)) <= SQUARE,
        u**2 + 4 * v**2 <= UNIT**2,
        corner | discs,
    ]
