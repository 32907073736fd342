"""Which image stands where in the figures that are made of images."""

import numpy as np
import pytest
from scipy.stats import norm

from vae.figures.image_grids import (
    draw_manifold,
    draw_reconstruction,
    draw_samples,
    draw_traversals,
    tile,
)

HEIGHT, WIDTH = 5, 4
FORM = {"image_shape": np.array([HEIGHT, WIDTH]), "is_ink": np.array(True)}
RNG = np.random.default_rng(0)


def parts(figure):
    """Return the mosaic of a figure, and the labels of its columns and rows."""
    (axes,) = figure.axes
    ticks = axes.get_xticklabels(), axes.get_yticklabels()
    columns, rows = ([text.get_text() for text in texts] for texts in ticks)
    return axes.images[0].get_array(), columns, rows


def test_images_are_tiled_row_by_row():
    images = RNG.random((2, 3, HEIGHT, WIDTH))
    framed = [[np.pad(image, [(0, 1), (0, 1)]) for image in row] for row in images]
    tiled = tile(images.reshape(2, 3, -1), **FORM, gap=1)
    np.testing.assert_array_equal(tiled, np.block(framed))


@pytest.mark.parametrize("is_ink", [True, False])
@pytest.mark.parametrize("second_row", [[0, 1, 2], [0, 1, 0]])
def test_reconstructions_stand_below_their_inputs(second_row, is_ink):
    images = RNG.integers(256, size=(2, 3, HEIGHT * WIDTH), dtype=np.uint8)
    form = FORM | {"is_ink": np.array(is_ink)}
    figure = draw_reconstruction(
        class_names=np.array(["bag", "coat", "a name of many letters"]),
        shown_label=np.array([[0, 1, 2], second_row]),
        shown_input=images,
        shown_reconstruction=1 - images / 255,
        **form,
    )
    first, second = images / 255
    mosaic, columns, rows = parts(figure)
    expected = tile(np.stack([first, 1 - first, second, 1 - second]), **form)
    np.testing.assert_allclose(mosaic, expected, atol=1e-12)
    assert rows == ["input", "reconstruction"] * 2
    one_class_per_column = ["bag", "coat", "a name of man\N{HORIZONTAL ELLIPSIS}"]
    assert columns == (one_class_per_column if second_row == [0, 1, 2] else [])


def test_the_manifold_has_the_values_of_z_at_its_images():
    images = RNG.random((4, 4, HEIGHT * WIDTH))
    z = norm.ppf([0.125, 0.375, 0.625, 0.875])
    figure = draw_manifold(manifold=images, manifold_z=z, **FORM)
    mosaic, columns, rows = parts(figure)
    np.testing.assert_array_equal(mosaic, tile(images, **FORM, gap=0))
    assert columns == rows == ["\N{MINUS SIGN}2", "\N{MINUS SIGN}1", "0", "1", "2"]
    (axes,) = figure.axes
    # The center of pixel 0 is at 0; z_2 rises upward.
    shares = norm.cdf(range(-2, 3))
    x, y = 4 * WIDTH * shares - 0.5, 4 * HEIGHT * (1 - shares) - 0.5
    np.testing.assert_allclose(axes.get_xticks(), x, atol=1e-3)
    np.testing.assert_allclose(axes.get_yticks(), y, atol=1e-3)


def test_samples_fill_a_square():
    images = RNG.random((9, HEIGHT * WIDTH))
    mosaic, *_ = parts(draw_samples(samples=images, **FORM))
    np.testing.assert_array_equal(mosaic, tile(images.reshape(3, 3, -1), **FORM))


def test_traversals_start_with_the_image_whose_mean_they_keep():
    images = RNG.random((2, 9, HEIGHT * WIDTH))
    start = RNG.integers(256, size=HEIGHT * WIDTH, dtype=np.uint8)
    figure = draw_traversals(
        traversal_start=start,
        traversed=np.array([2, 0]),
        traversal=images,
        traversal_z=np.linspace(-3, 3, 9),
        rate_by_dimension=np.array([0.5, 0.0, 1.25]),
        **FORM,
    )
    mosaic, columns, rows = parts(figure)
    left = np.stack([start / 255, np.zeros(HEIGHT * WIDTH)])[:, None]
    expected = tile(np.concatenate([left, images], axis=1), **FORM)
    np.testing.assert_array_equal(mosaic, expected)
    assert rows == ["$z_{3}$, 1.25 nats", "$z_{1}$, 0.50 nats"]
    assert columns[:2] == ["input", "-3"] and columns[-1] == "3"
    assert "the 2 most informative of 3" in figure.axes[0].get_title()
