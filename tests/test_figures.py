import io

import numpy as np
import pytest
from matplotlib import style

from vae.figures import STYLE, draw_encodings, draw_history, draw_reconstruction

LABEL = np.arange(50, dtype=np.uint8) % 10


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


def test_two_dimensions_are_shown_as_they_are():
    figure, loc = encodings(2.5, 1.5)
    (axes,) = figure.axes
    np.testing.assert_array_equal(points(axes), by_digit(loc))
    assert axes.get_title() == "Posterior means of 50 test images"
    assert axes.get_xlabel() == "$z_{1}$   (rate 2.50 nats)"


def test_of_more_dimensions_the_two_most_informative():
    figure, loc = encodings(0.5, 3, 0.1, 1)
    (axes,) = figure.axes
    np.testing.assert_array_equal(points(axes), by_digit(loc[:, [1, 3]]))
    assert "two most informative of 4 dimensions" in axes.get_title()
    assert axes.get_xlabel().startswith("$z_{2}$")
    assert axes.get_ylabel() == "$z_{4}$   (rate 1.00 nats)"


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
    markers = {tuple(map(tuple, c.get_paths()[0].vertices)) for c in figure.axes[0].collections}
    assert len(markers) == 10
    written = {text.get_text() for text in figure.axes[0].texts}
    assert written == set(map(str, range(10)))


def test_reconstructions_stand_below_their_inputs():
    label = np.repeat(np.arange(3), 2)
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.full((5, 4), 10, np.uint8)
    reconstruction = 1 - images / 255
    figure = draw(
        draw_reconstruction, label=label, images=images, reconstruction=reconstruction
    )
    mosaic = figure.axes[0].images[0].get_array()
    assert mosaic.shape == (4 * 7, 3 * 6)
    for digit in range(3):
        for example in range(2):
            column = mosaic[:, 6 * digit + 1 : 6 * digit + 5]
            top = 14 * example + 1
            i = 2 * digit + example
            np.testing.assert_allclose(column[top : top + 5], images[i] / 255)
            np.testing.assert_allclose(column[top + 7 : top + 12], reconstruction[i])


def test_curves_show_both_splits():
    names = ["elbo", "rate", "distortion"]
    history = {
        f"{split}_{name}": np.arange(4) + 10 * i + j
        for i, split in enumerate(["train", "validation"])
        for j, name in enumerate(names)
    }
    figure = draw(draw_history, history={"epoch": np.arange(1, 5), **history})
    for axes, name in zip(figure.axes, names, strict=True):
        for line, split in zip(axes.lines, ["train", "validation"], strict=True):
            assert line.get_label() == split
            np.testing.assert_array_equal(line.get_ydata(), history[f"{split}_{name}"])


def test_the_same_arrays_give_the_same_bytes():
    first, second = png(encodings(1.0, 2.0, 3.0)[0]), png(encodings(1.0, 2.0, 3.0)[0])
    assert first == second
