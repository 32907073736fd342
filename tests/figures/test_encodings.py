"""Encodings in the latent plane: which points are drawn, where and in what order."""

import numpy as np
import pytest
from scipy.stats import norm

from vae.figures.encodings import draw_encodings, label_positions

LABEL = np.arange(50, dtype=np.uint8) % 10
NAMES = np.array(["T-shirt", "bag", "coat", "dress", "4", "sandals", *"6789"])


def encodings(*rate, components=1, center=0):
    """Return the axes, the legend's texts, and the means."""
    prior_loc = np.zeros((components, len(rate)))
    prior_loc[:, 0] = center + np.arange(components)
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
    return axes, [text.get_text() for text in legend.get_texts()], loc


def drawn(axes):
    """Return the points in their order, and the color of each."""
    points = [c.get_offsets() for c in axes.collections]
    counts = [len(part) for part in points]
    colors = np.concatenate([c.get_facecolor() for c in axes.collections])
    return np.concatenate(points), np.repeat(colors, counts, axis=0)


@pytest.mark.parametrize(
    ("rate", "shown"), [([1.5, 2.5], [0, 1]), ([0.5, 1, 0.1, 3], [1, 3])]
)
def test_of_more_than_two_dimensions_the_most_informative_are_shown(rate, shown):
    axes, legend, loc = encodings(*rate)
    assert sorted(legend) == sorted([*NAMES, "prior: 1, 2 sd"])
    assert {text.get_text() for text in axes.texts} == set(NAMES)
    shapes = [collection.get_paths()[0].vertices for collection in axes.collections]
    assert len({tuple(map(tuple, shape)) for shape in shapes}) == 10
    points, colors = drawn(axes)
    expected = np.round(norm.cdf(loc[:, shown]), 6)
    assert sorted(map(tuple, points)) == sorted(map(tuple, expected))
    assert len(np.unique(colors[:, :3], axis=0)) == 10
    mixed = np.any(colors[1:] != colors[:-1], axis=1)  # no class hides another
    assert mixed.sum() > 30
    assert axes.get_title().startswith("Posterior means of 50 test images of Fashion")
    assert ("two most informative of 4" in axes.get_title()) == (len(rate) == 4)
    names = [f"$z_{{{d + 1}}}$   (rate {rate[d]:.2f} nats)" for d in shown]
    assert [axes.get_xlabel(), axes.get_ylabel()] == names
    for line, radius in zip(axes.lines, (1, 2), strict=False):
        norms = np.linalg.norm(norm.ppf(line.get_xydata()), axis=1)
        np.testing.assert_allclose(norms, radius, atol=1e-4)
    np.testing.assert_allclose(norm.ppf(axes.get_xticks()), range(-2, 3), atol=1e-4)


def test_one_dimension_is_shown_against_the_class():
    axes, legend, loc = encodings(1.0)
    assert "prior: 1, 2, 3 sd" in legend
    z, row = drawn(axes)[0].T
    expected = zip(loc[:, 0], LABEL, strict=True)
    assert sorted(zip(z, np.rint(row), strict=True)) == sorted(expected)
    assert [text.get_text() for text in axes.get_yticklabels()] == list(NAMES)


def test_a_learned_prior_is_shown_by_where_its_mass_is():
    axes, legend, _ = encodings(1.0, 2.0, components=9)
    (contours,) = [c for c in axes.collections if len(c.get_paths()) == 3]
    outer = contours.get_paths()[0].vertices  # of the lowest density
    assert outer[:, 0].min() < -1 and outer[:, 0].max() > 9
    assert abs(outer[:, 1]).max() < 4
    assert "prior: 39%, 86%, 99%" in legend
    assert "prior: 39%, 86%, 99%" in encodings(1.0, 2.0, center=3)[1]


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
            assert up > 2.9 or across > letters / 2 + 1.9
    np.testing.assert_allclose(positions[1], [4, 4], atol=0.5)
