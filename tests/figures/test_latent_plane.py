"""Encodings and posteriors in the latent plane.

`style` holds constants alone; that classes differ by more than colour is tested here.
"""

import io

import numpy as np
import pytest
import scipy.stats
from matplotlib import style
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle

from vae.figures.latent_plane import (
    SHARES,
    draw_encodings,
    draw_posteriors,
    label_places,
    region_levels,
)
from vae.figures.style import CLASS_COLORS, CLASS_MARKERS, STYLE

LABEL = np.arange(50, dtype=np.uint8) % 10
NAMES = np.array(["T-shirt", "bag", "coat", "dress", "4", "sandals", *"6789"])


@pytest.fixture(autouse=True)
def styled():
    with style.context(STYLE):
        yield


def encodings(*rate, components=1):
    prior_loc = np.zeros((components, len(rate)))
    prior_loc[:, 0] = np.arange(components)
    loc = np.random.default_rng(0).standard_normal((50, len(rate)))
    rate = np.float32(rate)
    figure = draw_encodings(
        dataset=np.array("Fashion"),
        class_names=NAMES,
        label=LABEL,
        loc=loc,
        rate_by_dimension=rate,
        prior_loc=prior_loc,
        prior_scale=np.ones((components, len(rate))),
    )
    return figure, loc


def png(figure):
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def points(axes):
    return np.concatenate([c.get_offsets() for c in axes.collections])


def by_class(array):
    return np.concatenate([array[LABEL == number] for number in range(10)])


def test_two_dimensions_are_shown_as_they_are():
    figure, loc = encodings(1.5, 2.5)
    (axes,) = figure.axes
    np.testing.assert_array_equal(points(axes), by_class(loc))
    assert axes.get_title() == "Posterior means of 50 test images of Fashion"
    assert axes.get_xlabel() == "$z_{1}$   (rate 1.50 nats)"
    circles = [patch for patch in axes.patches if isinstance(patch, Circle)]
    assert [circle.get_radius() for circle in circles] == [1, 2, 3]


def test_of_more_dimensions_the_two_most_informative():
    figure, loc = encodings(0.5, 1, 0.1, 3)
    (axes,) = figure.axes
    np.testing.assert_array_equal(points(axes), by_class(loc[:, [1, 3]]))
    assert "two most informative of 4 dimensions" in axes.get_title()
    assert axes.get_xlabel().startswith("$z_{2}$")
    assert axes.get_ylabel() == "$z_{4}$   (rate 3.00 nats)"


def test_one_dimension_is_shown_against_the_class():
    figure, loc = encodings(1.0)
    (axes,) = figure.axes
    z, row = points(axes).T
    np.testing.assert_array_equal(z, by_class(loc)[:, 0])
    np.testing.assert_array_equal(np.rint(row), by_class(LABEL))
    assert [text.get_text() for text in axes.get_yticklabels()] == list(NAMES)


@pytest.mark.parametrize("rate", [[1.0], [1.0, 2.0], [1.0, 2.0, 3.0]])
def test_the_legend_tells_classes_apart_without_colour(rate):
    figure, _ = encodings(*rate)
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert sorted(texts) == sorted([*NAMES, "prior: 1, 2, 3 sd"])
    (axes,) = figure.axes
    paths = [collection.get_paths()[0] for collection in axes.collections]
    assert len({tuple(map(tuple, path.vertices)) for path in paths}) == 10
    assert {text.get_text() for text in axes.texts} == set(NAMES)


def test_a_learned_prior_is_shown_by_where_its_mass_is():
    figure, _ = encodings(1.0, 2.0, components=9)
    (axes,) = figure.axes
    contours = [c for c in axes.collections if len(c.get_paths()) == 3]
    assert len(contours) == 1
    outer = contours[0].get_paths()[0].vertices  # of the lowest density
    assert outer[:, 0].min() < -1 and outer[:, 0].max() > 9
    assert abs(outer[:, 1]).max() < 4
    (legend,) = figure.legends
    assert "prior: 39%, 86%, 99%" in [text.get_text() for text in legend.get_texts()]


def test_each_class_has_a_colour_and_a_marker():
    assert len({to_rgb(color) for color in CLASS_COLORS}) == 10
    assert len(set(CLASS_MARKERS)) == 10


def test_the_same_arrays_give_the_same_bytes():
    assert png(encodings(1.0, 2.0, 3.0)[0]) == png(encodings(1.0, 2.0, 3.0)[0])


def test_labels_stand_apart_where_their_class_prevails():
    rng = np.random.default_rng(0)
    label = np.repeat([3, 5, 8, 1], 2000)
    centre = np.repeat([[0, 0], [0, 0], [0.2, 0], [4, 4]], 2000, axis=0)
    scale = np.repeat([2.0, 0.3, 0.3, 0.3], 2000)[:, None]
    points = centre + scale * rng.normal(size=(8000, 2))
    places = label_places(NAMES, label, points)
    assert list(places) == [1, 3, 5, 8]
    for number, place in places.items():
        cell = np.ptp(points, axis=0) / 40
        near = np.all(np.abs(points - place) <= cell / 2, axis=1)
        assert label[near].tolist().count(number) > 0
        others = [other for d, other in places.items() if d != number]
        distances = np.abs((np.array(others) - place) / cell).max(axis=1)
        assert distances.min() > 1.9
        # Neither is so near that the names, a cell a letter, would touch.
        for other, there in places.items():
            across, up = np.abs(np.array(there) - place) / cell
            letters = len(NAMES[number]) + len(NAMES[other])
            assert number == other or up > 1.9 or across > letters / 2 + 0.9
    np.testing.assert_allclose(places[1], [4, 4], atol=0.5)


AXIS = np.linspace(-5, 5, 201)
GAUSSIAN = scipy.stats.norm.logpdf(AXIS)[:, None] + scipy.stats.norm.logpdf(AXIS)


def test_regions_of_a_gaussian_are_its_circles():
    """Within 1, 2 and 3 standard deviations lie 39, 86 and 99 % of its mass."""
    np.testing.assert_allclose(SHARES, [0.393, 0.865, 0.989], atol=5e-4)
    received = region_levels(7.0 * np.exp(GAUSSIAN))  # of any scale
    expected = 7.0 * np.exp(-0.5 * np.array([1, 4, 9])) / (2 * np.pi)
    np.testing.assert_allclose(received, expected, rtol=0.03)


def test_regions_hold_their_share_of_the_mass():
    density = np.random.default_rng(0).random((30, 40)) ** 4
    for share, level in zip(SHARES, region_levels(density), strict=True):
        held = density[density >= level].sum() / density.sum()
        assert share <= held < share + 0.01


def test_posteriors_are_drawn_over_q():
    window = np.stack([[AXIS * 0.5 + 1, AXIS], [AXIS, AXIS * 0.1]])
    figure = draw_posteriors(
        class_names=NAMES,
        posterior_label=np.array([2, 8]),
        posterior_loc=np.array([[1, 0], [0, 0.2]]),
        posterior_scale=np.array([[0.1, 0.2], [0.3, 0.4]]),
        posterior_gap=np.array([0.31, 12.06]),
        posterior_axes=window,
        posterior_log_prob=np.stack([GAUSSIAN, GAUSSIAN - 50]),
    )
    assert [axes.get_title() for axes in figure.axes] == [
        "coat\ngap 0.3 nats",
        "8\ngap 12.1 nats",
    ]
    assert "39%, 86%, 99% of their mass" in figure.get_suptitle()
    ellipses = list(figure.axes[1].patches)
    assert [e.get_width() for e in ellipses] == pytest.approx([0.6, 1.2, 1.8])
    assert [e.get_height() for e in ellipses] == pytest.approx([0.8, 1.6, 2.4])
    for axes, (x, y) in zip(figure.axes, window, strict=True):
        (contours,) = axes.collections
        levels = np.exp(-0.5 * np.array([9, 4, 1]))
        np.testing.assert_allclose(contours.levels, [*levels, 1], rtol=0.03)
        outline = np.concatenate([path.vertices for path in contours.get_paths()])
        unit = [(x[-1] - x[0]) / 10, (y[-1] - y[0]) / 10]  # a standard deviation
        centre = [x.mean(), y.mean()]
        np.testing.assert_allclose(
            np.abs((outline - centre) / unit).max(axis=0), 3, rtol=0.02
        )
