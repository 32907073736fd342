"""Checks of users' images and labels, and their conversion to bytes of one size."""

from collections.abc import Sequence

import numpy as np

from vae.data.factors import Arrays, check_integers, check_names, complete_factors
from vae.pipeline.schema import MAX_SIDE, MIN_IMAGES, Download

# Arrays of a dataset, in the order in which they are returned.
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels", "class_names")

MAX_CLASSES = 1000


def convert_images(images: np.ndarray, settings: Download) -> np.ndarray:
    """Convert images to uint8 [images, height, width] as the user's settings say.

    Args:
        images: [images, height, width], or with one or three colors as the last axis.
        settings: what to do with colors, the size, and whether to exchange the axes.

    Raises:
        ValueError: the images have another shape, unusable values or colors.
    """
    pixels = to_bytes(images)
    if pixels.ndim == 4 and pixels.shape[3] == 3:
        pixels = to_gray(pixels, settings.color)
    elif pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 3 or 0 in pixels.shape[1:]:
        expected = "(images, height, width)"
        raise ValueError(
            f"received images of shape {images.shape}, expected {expected}"
        )
    if settings.transposed:
        pixels = pixels.transpose(0, 2, 1)
    if isinstance(settings.size, str):  # original
        return pixels
    scaled = [np.floor(scale_image(image, settings.size) + 0.5) for image in pixels]
    return np.array(scaled, np.uint8).reshape(-1, *settings.size)


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Convert bool, or floats from 0 to 1, to bytes from 0 to 255; keep bytes.

    Raises ValueError for other values.
    """
    if values.dtype == bool:
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype.kind == "f":
        low, high = values.min(initial=0), values.max(initial=1)
        if (low, high) != (0, 1):  # also if a value is NaN
            raise ValueError(
                f"received floats from {low:g} to {high:g}, expected 0 to 1"
            )
        return np.rint(255 * values).astype(np.uint8)
    if values.dtype != np.uint8:
        raise ValueError(f"received {values.dtype}, expected uint8, bool or floats")
    if values.max(initial=0) == 1:
        raise ValueError("received bytes from 0 to 1, expected 0 to 255, or bool")
    return values


def to_gray(pixels: np.ndarray, color: str) -> np.ndarray:
    """Convert bytes [..., 3], red, green and blue, to gray bytes [...].

    Gray is (19595 red + 38470 green + 7471 blue) / 65536, rounded: luma of Rec. 601.
    Raises ValueError if there are colors and `color` is not `gray`.
    """
    red, green, blue = np.moveaxis(pixels.astype(np.uint32), -1, 0)
    if color != "gray" and not ((red == green) & (green == blue)).all():
        raise ValueError("received colors; to convert them, set download.color: gray")
    gray = (19595 * red + 38470 * green + 7471 * blue + 2**15) >> 16
    return gray.astype(np.uint8)


def scale_image(image: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Scale bytes [height, width] to another shape; return float64 from 0 to 255.

    A new pixel is the mean of the old pixels it covers, weighted by area. The page
    follows the same rule, in `explorer/core/drawing.js`.
    """
    down, across = (_overlap(*sizes) for sizes in zip(image.shape, shape, strict=True))
    # Sums of products of integers are exact in any order.
    return down @ image.astype(float) @ across.T / image.size


def _overlap(old: int, new: int) -> np.ndarray:
    """Return the overlaps [new, old] of pixels on a line of length `old * new`."""
    starts, new_starts = np.arange(old) * new, np.arange(new)[:, None] * old
    ends = np.minimum(starts + new, new_starts + old)
    return np.maximum(ends - np.maximum(starts, new_starts), 0).astype(float)


def complete(arrays: Arrays) -> Arrays:
    """Check the arrays of a dataset, and add those that it lacks.

    Args:
        arrays: by name: `train_images`, uint8 [images, height, width], and perhaps
            `test_images`, `train_labels`, `test_labels` [images], `class_names`, and
            the arrays of `complete_factors`.

    Returns:
        The five ARRAYS, and the arrays of the factors if there are any. Labels are
        uint8 or int16. If there are no labels, `class_names` is empty and all labels
        are 0. If there is no test set, `test_images` is empty.

    Raises:
        ValueError: arrays are unusable or do not go together.
    """
    if "train_images" not in arrays:
        raise ValueError("no training images")
    train = arrays["train_images"]
    test = arrays.get("test_images", train[:0])
    height, width = train.shape[1:]
    if test.shape[1:] != (height, width):
        received = f"received test images of {test.shape[1]} x {test.shape[2]} pixels"
        raise ValueError(f"{received}, expected {height} x {width} as in training")
    if 0 < len(test) < MIN_IMAGES:
        expected = f"at least {MIN_IMAGES} or none"
        raise ValueError(f"received {len(test)} test images, expected {expected}")
    if max(height, width) > MAX_SIDE:
        expected = f"at most {MAX_SIDE} x {MAX_SIDE}; set download.size"
        raise ValueError(f"images of {height} x {width} pixels, expected {expected}")
    if len(train) < 2 or (train == train[:1]).all():
        raise ValueError(f"received {len(train)} training images, all equal")
    counts = {"train_labels": len(train), "test_labels": len(test)}
    completed = complete_labels(arrays, counts)
    completed |= {"train_images": train, "test_images": test}
    sizes = {"train_factors": len(train), "test_factors": len(test)}
    return {name: completed[name] for name in ARRAYS} | complete_factors(arrays, sizes)


def complete_labels(arrays: Arrays, counts: dict[str, int]) -> Arrays:
    """Check labels and class names; `counts` has the number of labels by name."""
    given = {*arrays} & {*counts, "class_names"}
    if not given:
        unlabeled = {name: np.zeros(count, np.uint8) for name, count in counts.items()}
        return unlabeled | {"class_names": np.array([], str)}
    if missing := {name for name, count in counts.items() if count} - given:
        raise ValueError(f"received {max(given)} without {min(missing)}")
    labels = {name: arrays.get(name, np.zeros(0, int)) for name in counts}
    for name, count in counts.items():
        check_integers(labels[name], name, (count,))
    values = np.unique(np.concatenate([*labels.values()]).astype(np.int64))
    numbered = np.arange(len(values)).astype(str)
    names = check_names(arrays.get("class_names", numbered), "class_names", "classes")
    number = len(names)
    if number > MAX_CLASSES:
        raise ValueError(f"received {number} classes, expected at most {MAX_CLASSES}")
    if values[0] < 0 or values[-1] >= number:
        received = f"labels from {values[0]} to {values[-1]}"
        expected = f"0 to {number - 1} for {number} classes, without gaps"
        raise ValueError(f"received {received}, expected {expected}")
    dtype = np.uint8 if number <= 256 else np.int16
    labels = {name: label.astype(dtype) for name, label in labels.items()}
    return labels | {"class_names": names}
