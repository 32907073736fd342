"""Encodings and posteriors in the latent plane."""

import numpy as np
import pytest
from matplotlib.patches import Ellipse

from vae.figures.latent_plane import (
    SHARES,
    draw_encodings,
    draw_posteriors,
    label_positions,
    region_levels,
)

LABEL = np.arange(50, dtype=np.uint8) % 10
NAMES = np.array(["T-shirt", "bag", "coat", "dress", "4", "sandals", *"6789"])


def encodings(*rate, components=1):
    """Return the figure, its axes and its legend's texts, and the means by class."""
    prior_loc = np.zeros((components, len(rate)))
    prior_loc[:, 0] = np.arange(components)
    loc = np.random.default_rng(0).standard_normal((50, len(rate)))
    figure = draw_encodings(
        dataset=np.array("Fashion"),
        class_names=NAMES,
        label=LABEL,
        loc=loc,
        rate_by_dimension=np.float32(rate),
        prior_loc=prior_loc,
        prior_scale=np.ones_like(prior_loc),
    )
    (axes,), (legend,) = figure.axes, figure.legends
    return axes, [text.get_text() for text in legend.get_texts()], by_class(loc)


def by_class(array):
    return array[np.argsort(LABEL, kind="stable")]


def extents(axes):
    """Return widths and heights of the ellipses."""
    ellipses = [patch for patch in axes.patches if isinstance(patch, Ellipse)]
    return [e.get_width() for e in ellipses], [e.get_height() for e in ellipses]


def check_classes(axes, legend):
    """Check that each class has a color, a shape and a name."""
    assert sorted(legend) == sorted([*NAMES, "prior: 1, 2, 3 sd"])
    shapes = [collection.get_paths()[0].vertices for collection in axes.collections]
    assert len({tuple(map(tuple, shape)) for shape in shapes}) == 10
    assert len({tuple(*c.get_facecolor()) for c in axes.collections}) == 10
    assert {text.get_text() for text in axes.texts} == set(NAMES)


@pytest.mark.parametrize(
    ("rate", "shown"), [([1.5, 2.5], [0, 1]), ([0.5, 1, 0.1, 3], [1, 3])]
)
def test_of_more_than_two_dimensions_the_most_informative_are_shown(rate, shown):
    axes, legend, loc = encodings(*rate)
    check_classes(axes, legend)
    points = np.concatenate([c.get_offsets() for c in axes.collections])
    np.testing.assert_array_equal(points, loc[:, shown])
    assert axes.get_title().startswith("Posterior means of 50 test images of Fashion")
    assert ("two most informative of 4" in axes.get_title()) == (len(rate) == 4)
    names = [f"$z_{{{d + 1}}}$   (rate {rate[d]:.2f} nats)" for d in shown]
    assert [axes.get_xlabel(), axes.get_ylabel()] == names
    assert extents(axes) == ([2, 4, 6], [2, 4, 6])


def test_one_dimension_is_shown_against_the_class():
    axes, legend, loc = encodings(1.0)
    check_classes(axes, legend)
    z, row = np.concatenate([c.get_offsets() for c in axes.collections]).T
    np.testing.assert_array_equal(z, loc[:, 0])
    np.testing.assert_array_equal(np.rint(row), by_class(LABEL))
    assert [text.get_text() for text in axes.get_yticklabels()] == list(NAMES)


def test_a_learned_prior_is_shown_by_where_its_mass_is():
    axes, legend, _ = encodings(1.0, 2.0, components=9)
    (contours,) = [c for c in axes.collections if len(c.get_paths()) == 3]
    outer = contours.get_paths()[0].vertices  # of the lowest density
    assert outer[:, 0].min() < -1 and outer[:, 0].max() > 9
    assert abs(outer[:, 1]).max() < 4
    assert "prior: 39%, 86%, 99%" in legend


def test_labels_stand_apart_where_their_class_prevails():
    rng = np.random.default_rng(0)
    label = np.repeat([3, 5, 8, 1], 2000)
    center = np.repeat([[0, 0], [0, 0], [0.2, 0], [4, 4]], 2000, axis=0)
    scale = np.repeat([2.0, 0.3, 0.3, 0.3], 2000)[:, None]
    points = center + scale * rng.normal(size=(8000, 2))
    positions = label_positions(NAMES, label, points)
    assert list(positions) == [1, 3, 5, 8]
    cell = np.ptp(points, axis=0) / 40
    for number, position in positions.items():
        near = np.all(np.abs(points - position) <= cell / 2, axis=1)
        assert number in label[near]
        # None is so near that the names, a cell a letter, would touch.
        for other in set(positions) - {number}:
            across, up = np.abs(np.array(positions[other]) - position) / cell
            letters = len(NAMES[number]) + len(NAMES[other])
            assert up > 1.9 or across > letters / 2 + 0.9
    np.testing.assert_allclose(positions[1], [4, 4], atol=0.5)


def test_regions_hold_their_share_of_the_mass():
    np.testing.assert_allclose(SHARES, [0.393, 0.865, 0.989], atol=5e-4)
    density = np.random.default_rng(0).random((30, 40)) ** 4
    for share, level in zip(SHARES, region_levels(density), strict=True):
        held = density[density >= level].sum() / density.sum()
        assert share <= held < share + 0.01


def test_posteriors_are_drawn_over_q():
    ticks = np.linspace(-5, 5, 201)
    window = np.stack([[ticks * 0.5 + 1, ticks], [ticks, ticks * 0.1]])
    log_prob = -0.5 * (ticks[:, None] ** 2 + ticks**2)
    figure = draw_posteriors(
        class_names=NAMES,
        posterior_label=np.array([2, 8]),
        posterior_loc=np.array([[1, 0], [0, 0.2]]),
        posterior_scale=np.array([[0.1, 0.2], [0.3, 0.4]]),
        posterior_gap=np.array([0.31, 12.06]),
        posterior_axes=window,
        posterior_log_prob=np.stack([log_prob, log_prob - 50]),
    )
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["coat\ngap 0.3 nats", "8\ngap 12.1 nats"]
    assert "39%, 86%, 99% of their mass" in figure.get_suptitle()
    widths, heights = extents(figure.axes[1])
    assert widths == pytest.approx([0.6, 1.2, 1.8])
    assert heights == pytest.approx([0.8, 1.6, 2.4])
    for axes, (x, y) in zip(figure.axes, window, strict=True):
        (contours,) = axes.collections
        levels = np.exp(-0.5 * np.array([9, 4, 1]))
        np.testing.assert_allclose(contours.levels, [*levels, 1], rtol=0.03)
        outline = np.concatenate([path.vertices for path in contours.get_paths()])
        unit = [(x[-1] - x[0]) / 10, (y[-1] - y[0]) / 10]  # a standard deviation
        reach = np.abs((outline - [x.mean(), y.mean()]) / unit).max(axis=0)
        np.testing.assert_allclose(reach, 3, rtol=0.02)
