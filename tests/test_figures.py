import io

import numpy as np
import pytest
from matplotlib import style

from vae.figures.curves import draw_bound, draw_history, draw_rate
from vae.figures.image_grids import (
    draw_manifold,
    draw_reconstruction,
    draw_samples,
    draw_traversals,
    tile,
)
from vae.figures.latent_plane import label_places, draw_encodings, draw_posteriors
from vae.figures.style import STYLE

LABEL = np.arange(50, dtype=np.uint8) % 10
HEIGHT, WIDTH = IMAGE_SHAPE = np.array([5, 4])
RNG = np.random.default_rng(0)


def draw(function, **arrays):
    with style.context(STYLE):
        return function(**arrays)


def encodings(*rate):
    loc = np.random.default_rng(0).standard_normal((50, len(rate)))
    return draw(draw_encodings, label=LABEL, loc=loc, rate=np.float32(rate)), loc


def png(figure):
    with style.context(STYLE), io.BytesIO() as file:
        figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def points(axes):
    return np.concatenate([c.get_offsets() for c in axes.collections])


def by_digit(array):
    return np.concatenate([array[LABEL == digit] for digit in range(10)])


def mosaic(figure):
    return figure.axes[0].images[0].get_array()


def test_two_dimensions_are_shown_as_they_are():
    figure, loc = encodings(1.5, 2.5)
    (axes,) = figure.axes
    np.testing.assert_array_equal(points(axes), by_digit(loc))
    assert axes.get_title() == "Posterior means of 50 test images"
    assert axes.get_xlabel() == "$z_{1}$   (rate 1.50 nats)"


def test_of_more_dimensions_the_two_most_informative():
    figure, loc = encodings(0.5, 1, 0.1, 3)
    (axes,) = figure.axes
    np.testing.assert_array_equal(points(axes), by_digit(loc[:, [1, 3]]))
    assert "two most informative of 4 dimensions" in axes.get_title()
    assert axes.get_xlabel().startswith("$z_{2}$")
    assert axes.get_ylabel() == "$z_{4}$   (rate 3.00 nats)"


def test_one_dimension_is_shown_against_the_digit():
    figure, loc = encodings(1.0)
    (axes,) = figure.axes
    z, row = points(axes).T
    np.testing.assert_array_equal(z, by_digit(loc)[:, 0])
    np.testing.assert_array_equal(np.rint(row), by_digit(LABEL))


@pytest.mark.parametrize("rate", [[1.0], [1.0, 2.0], [1.0, 2.0, 3.0]])
def test_the_legend_tells_digits_apart_without_colour(rate):
    figure, _ = encodings(*rate)
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert sorted(texts) == sorted([*map(str, range(10)), "prior: 1, 2, 3 sd"])
    (axes,) = figure.axes
    paths = [collection.get_paths()[0] for collection in axes.collections]
    assert len({tuple(map(tuple, path.vertices)) for path in paths}) == 10
    assert {text.get_text() for text in axes.texts} == set(map(str, range(10)))


def test_posteriors_are_drawn_around_q():
    axis = np.linspace(-1, 1, 41)
    window = np.stack([[axis * 0.5 + 1, axis], [axis, axis * 0.1]])
    variance = 0.01
    squares = axis[:, None] ** 2 + axis**2
    log_prob = -0.5 * squares / variance - np.log(2 * np.pi * variance)
    figure = draw(
        draw_posteriors,
        posterior_label=np.array([3, 8]),
        posterior_loc=np.array([[1, 0], [0, 0.2]]),
        posterior_scale=np.array([[0.1, 0.2], [0.3, 0.4]]),
        posterior_axes=window,
        posterior_log_prob=np.stack([log_prob + np.log(2), log_prob]),
    )
    assert [axes.get_title() for axes in figure.axes] == [
        "digit 3: 100% in view",
        "digit 8: 10% in view",
    ]
    ellipses = [patch for patch in figure.axes[1].patches]
    assert [e.get_width() for e in ellipses] == pytest.approx([0.6, 1.2, 1.8])
    assert [e.get_height() for e in ellipses] == pytest.approx([0.8, 1.6, 2.4])


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
    figure = draw(
        draw_reconstruction,
        shown_label=label,
        shown_input=images,
        shown_reconstruction=1 - images / 255,
        image_shape=IMAGE_SHAPE,
    )
    rows = [[1, 0, 3], [2, 4, 5]]  # first and second image of each digit
    inputs = [images[row] / 255 for row in rows]
    expected = np.stack([inputs[0], 1 - inputs[0], inputs[1], 1 - inputs[1]])
    np.testing.assert_allclose(mosaic(figure), tile(expected, IMAGE_SHAPE))
    texts = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert texts == ["input", "reconstruction"] * 2
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["0", "1", "2"]


def test_manifold_samples_and_traversals_show_all_images():
    images = RNG.random((4, 9, HEIGHT * WIDTH))
    figure = draw(draw_manifold, manifold=images, image_shape=IMAGE_SHAPE)
    np.testing.assert_array_equal(mosaic(figure), tile(images, IMAGE_SHAPE, gap=0))

    figure = draw(draw_samples, samples=images[0], image_shape=IMAGE_SHAPE)
    expected = tile(images[0].reshape(3, 3, -1), IMAGE_SHAPE)
    np.testing.assert_array_equal(mosaic(figure), expected)

    figure = draw(
        draw_traversals,
        traversed=np.array([2, 0]),
        traversal=images[:2],
        traversal_z=np.linspace(-3, 3, 9),
        rate=np.array([0.5, 0.0, 1.25]),
        image_shape=IMAGE_SHAPE,
    )
    np.testing.assert_array_equal(mosaic(figure), tile(images[:2], IMAGE_SHAPE))
    texts = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert texts == ["$z_{3}$, 1.25 nats", "$z_{1}$, 0.50 nats"]


NAMES = ["elbo", "rate", "distortion"]
HISTORY = {"epoch": np.arange(1, 5)} | {
    f"{split}_{name}": np.arange(4) + 10 * i + j
    for i, split in enumerate(["train", "validation"])
    for j, name in enumerate(NAMES)
}


def test_curves_show_both_splits():
    figure = draw(draw_history, history=HISTORY)
    for axes, name in zip(figure.axes, NAMES, strict=True):
        for line, split in zip(axes.lines, ["train", "validation"], strict=True):
            assert line.get_label() == split
            np.testing.assert_array_equal(line.get_ydata(), HISTORY[f"{split}_{name}"])


def test_the_capacity_is_drawn_over_the_rate():
    capacity = np.linspace(0, 3, 4)
    figure = draw(draw_history, history=HISTORY | {"capacity": capacity})
    assert [len(axes.lines) for axes in figure.axes] == [2, 3, 2]
    np.testing.assert_array_equal(figure.axes[1].lines[2].get_ydata(), capacity)


@pytest.mark.parametrize(
    ("all_samples", "evidence", "lines"), [(5, -1.5, 2), (5, np.nan, 1), (9, -1.5, 3)]
)
def test_the_bound_is_drawn_below_a_known_evidence(all_samples, evidence, lines):
    figure = draw(
        draw_bound,
        bound_samples=np.array([1, 2, 5]),
        bound=np.array([-3.0, -2.5, -2.0]),
        all_samples=np.array(all_samples),
        all_bound=np.array(-1.75),
        evidence=np.array(evidence),
    )
    (axes,) = figure.axes
    assert len(axes.lines) == lines
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [-3.0, -2.5, -2.0])


def test_rates_are_sorted():
    (axes,) = draw(draw_rate, rates=np.array([0.5, 2.0, 1.0])).axes
    assert [bar.get_height() for bar in axes.patches] == [2.0, 1.0, 0.5]
    texts = [text.get_text() for text in axes.get_xticklabels()]
    assert texts == ["$z_{2}$", "$z_{3}$", "$z_{1}$"]


def test_the_same_arrays_give_the_same_bytes():
    assert png(encodings(1.0, 2.0, 3.0)[0]) == png(encodings(1.0, 2.0, 3.0)[0])


def test_labels_stand_apart_where_their_digit_prevails():
    rng = np.random.default_rng(0)
    label = np.repeat([3, 5, 8, 1], 2000)
    centre = np.repeat([[0, 0], [0, 0], [0.2, 0], [4, 4]], 2000, axis=0)
    scale = np.repeat([2.0, 0.3, 0.3, 0.3], 2000)[:, None]
    points = centre + scale * rng.normal(size=(8000, 2))
    places = label_places(label, points)
    assert list(places) == [1, 3, 5, 8]
    for digit, place in places.items():
        cell = np.ptp(points, axis=0) / 40
        near = np.all(np.abs(points - place) <= cell / 2, axis=1)
        assert label[near].tolist().count(digit) > 0
        others = [other for d, other in places.items() if d != digit]
        distances = np.abs((np.array(others) - place) / cell).max(axis=1)
        assert distances.min() > 1.9
    np.testing.assert_allclose(places[1], [4, 4], atol=0.5)
