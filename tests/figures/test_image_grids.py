"""Which image stands where in the figures that are made of images."""

import numpy as np
import pytest
from matplotlib import style

from vae.figures.image_grids import (
    draw_manifold,
    draw_reconstruction,
    draw_samples,
    draw_traversals,
    tile,
)
from vae.figures.style import STYLE

HEIGHT, WIDTH = IMAGE_SHAPE = np.array([5, 4])
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def styled():
    with style.context(STYLE):
        yield


def mosaic(figure):
    return figure.axes[0].images[0].get_array()


def x_labels(figure):
    return [text.get_text() for text in figure.axes[0].get_xticklabels()]


def y_labels(figure):
    return [text.get_text() for text in figure.axes[0].get_yticklabels()]


def test_images_are_tiled_row_by_row():
    images = RNG.random((2, 3, HEIGHT * WIDTH))
    tiled = tile(images, IMAGE_SHAPE, gap=1)
    assert tiled.shape == (2 * (HEIGHT + 1), 3 * (WIDTH + 1))
    for row in range(2):
        for column in range(3):
            top, left = row * (HEIGHT + 1), column * (WIDTH + 1)
            part = tiled[top : top + HEIGHT, left : left + WIDTH]
            expected = images[row, column].reshape(HEIGHT, WIDTH)
            np.testing.assert_array_equal(part, expected)
    assert tiled[HEIGHT].sum() == tiled[:, WIDTH].sum() == 0


def test_reconstructions_stand_below_their_inputs():
    label = np.array([1, 0, 0, 2, 1, 2])
    images = RNG.integers(256, size=(6, HEIGHT * WIDTH), dtype=np.uint8)
    figure = draw_reconstruction(
        class_names=np.array(["bag", "coat", "dress"]),
        shown_label=label,
        shown_input=images,
        shown_reconstruction=1 - images / 255,
        image_shape=IMAGE_SHAPE,
    )
    rows = [[1, 0, 3], [2, 4, 5]]  # first and second image of each class
    inputs = [images[row] / 255 for row in rows]
    expected = np.stack([inputs[0], 1 - inputs[0], inputs[1], 1 - inputs[1]])
    np.testing.assert_allclose(mosaic(figure), tile(expected, IMAGE_SHAPE))
    assert y_labels(figure) == ["input", "reconstruction"] * 2
    assert x_labels(figure) == ["bag", "coat", "dress"]


def test_the_manifold_has_the_values_of_z_at_its_images():
    images = RNG.random((4, 4, HEIGHT * WIDTH))
    z = np.float32([-1.15, -0.32, 0.32, 1.15])
    figure = draw_manifold(manifold=images, manifold_z=z, image_shape=IMAGE_SHAPE)
    np.testing.assert_array_equal(mosaic(figure), tile(images, IMAGE_SHAPE, gap=0))
    assert x_labels(figure) == y_labels(figure) == ["-1.1", "1.1"]
    (axes,) = figure.axes
    # The middle of the first and the last image, in pixels; z_2 rises upwards.
    np.testing.assert_allclose(axes.get_xticks(), [1.5, 3 * WIDTH + 1.5])
    np.testing.assert_allclose(axes.get_yticks(), [3 * HEIGHT + 2, 2])


def test_samples_fill_a_square_and_are_called_means():
    images = RNG.random((9, HEIGHT * WIDTH))
    figure = draw_samples(samples=images, image_shape=IMAGE_SHAPE)
    expected = tile(images.reshape(3, 3, -1), IMAGE_SHAPE)
    np.testing.assert_array_equal(mosaic(figure), expected)
    assert figure.axes[0].images[0].get_cmap().name == "gray_r"  # black on white
    assert "mean" in figure.axes[0].get_title()


@pytest.mark.parametrize("num_dimensions", [2, 3])
def test_traversals_start_with_the_image_whose_mean_they_keep(num_dimensions):
    images = RNG.random((2, 9, HEIGHT * WIDTH))
    start = RNG.integers(256, size=HEIGHT * WIDTH, dtype=np.uint8)
    dimensions = [2, 0] if num_dimensions == 3 else [1, 0]
    rate = np.array([0.5, 0.0, 1.25] if num_dimensions == 3 else [0.5, 1.25])
    figure = draw_traversals(
        traversal_start=start,
        traversed=np.array(dimensions),
        traversal=images,
        traversal_z=np.linspace(-3, 3, 9),
        rate_by_dimension=rate,
        image_shape=IMAGE_SHAPE,
    )
    first = np.stack([start / 255, np.zeros(HEIGHT * WIDTH)])[:, None]
    expected = tile(np.concatenate([first, images], axis=1), IMAGE_SHAPE)
    np.testing.assert_array_equal(mosaic(figure), expected)
    first, second = dimensions
    assert y_labels(figure) == [
        f"$z_{{{first + 1}}}$, 1.25 nats",
        f"$z_{{{second + 1}}}$, 0.50 nats",
    ]
    assert x_labels(figure)[:2] == ["input", "-3"]
    assert x_labels(figure)[-1] == "3"
    some = "the 2 most informative of 3" in figure.axes[0].get_title()
    assert some == (num_dimensions == 3)
