"""Conversion of users' arrays to gray bytes, and checks of images with labels."""

import numpy as np
import pytest
from PIL import Image

from conftest import TINY
from vae.data.images import complete, convert_images, scale_image, to_gray
from vae.pipeline.schema import Download

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(256, size=(12, 6, 4), dtype=np.uint8)
LABELS = np.arange(12) % 3


def settings(**changes):
    return Download(**(TINY["download"] | changes))


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ((IMAGES / 255).astype("f4")[..., None], IMAGES),
        (IMAGES > 127, 255 * (IMAGES > 127)),
        (np.stack([IMAGES] * 3, axis=-1), IMAGES),  # gray as red, green and blue
    ],
)
def test_values_of_several_types_become_bytes(images, expected):
    received = convert_images(images, settings())
    np.testing.assert_array_equal(received, expected)
    assert received.dtype == np.uint8


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (2.0 * IMAGES, "floats from 0 to 5.*, expected 0 to 1"),
        (np.full((2, 3, 3), np.nan), "floats from nan to nan"),
        (IMAGES.astype("i4"), "received int32, expected uint8, bool or floats"),
        (IMAGES // 128, "bytes from 0 to 1, expected 0 to 255, or bool"),
        (IMAGES.reshape(12, 24), r"shape \(12, 24\), expected \(images, height, width"),
        (RNG.random((2, 3, 3, 3)), "received colors; .* set download.color: gray"),
    ],
)
def test_unusable_values_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        convert_images(images, settings())


def test_gray_is_the_luma_of_pillow():
    colors = RNG.integers(256, size=(50, 60, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(colors).convert("L"))
    np.testing.assert_array_equal(to_gray(colors, "gray"), expected)
    images = convert_images(colors[None], settings(color="gray", transposed=True))
    np.testing.assert_array_equal(images, expected.T[None])


@pytest.mark.parametrize("shape", [(3, 2), (7, 9), (11, 1)])
def test_a_scaled_pixel_is_the_mean_of_what_it_covers(shape):
    pixels = np.kron(IMAGES[0], np.ones(shape))  # divisible by both sizes
    blocks = pixels.reshape(shape[0], 6, shape[1], 4)
    received = scale_image(IMAGES[0], list(shape))
    np.testing.assert_allclose(received, blocks.mean(axis=(1, 3)), atol=1e-12)
    scaled = convert_images(IMAGES, settings(size=list(shape)))
    np.testing.assert_array_equal(scaled[0], np.floor(received + 0.5))


def test_missing_parts_are_added():
    arrays = complete({"train_images": IMAGES})
    assert {name: array.shape for name, array in arrays.items()} == {
        "train_images": (12, 6, 4),
        "train_labels": (12,),
        "test_images": (0, 6, 4),
        "test_labels": (0,),
        "class_names": (0,),
    }


@pytest.mark.parametrize("count", [3, 300])
def test_labels_without_names_are_numbered(count):
    label = np.arange(count, dtype=">i4")
    images = RNG.integers(256, size=(count, 2, 2), dtype=np.uint8)
    arrays = complete({"train_images": images, "train_labels": label})
    assert arrays["class_names"].tolist() == [str(i) for i in range(count)]
    np.testing.assert_array_equal(arrays["train_labels"], range(count))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": IMAGES[:1]}, "received 1 training images, all equal"),
        ({"test_images": IMAGES[:9]}, "9 test images, expected at least 10 or none"),
        ({"test_images": IMAGES.swapaxes(1, 2)}, "images of 4 x 6 pixels, expected 6"),
        ({"train_images": np.eye(257, dtype="u1")[None]}, "at most 256 x 256; set dow"),
        ({"train_labels": 5 * LABELS}, "from 0 to 10, expected 0 to 2 for 3"),
        ({"train_labels": LABELS - 1}, "from -1 to 1"),
        ({"train_labels": np.zeros(12)}, "float64 of .*, expected integers of shape"),
        ({"train_labels": LABELS[1:]}, r"shape \(11,\), expected integers of"),
        ({"test_images": IMAGES, "test_labels": LABELS}, "test_labels without train_l"),
        ({"class_names": np.array(["a"])}, "class_names without train_labels"),
        (
            {"train_labels": LABELS, "class_names": np.array(["a", "a"])},
            "class_names: expected different strings",
        ),
        (
            {"train_labels": LABELS, "class_names": np.arange(1001).astype(str)},
            "1001 classes, expected at most 1000",
        ),
    ],
)
def test_arrays_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        complete({"train_images": IMAGES} | changes)
