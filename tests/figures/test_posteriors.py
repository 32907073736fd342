"""Posteriors in the latent plane: regions, windows and insets."""

import numpy as np
import pytest
from matplotlib.patches import Ellipse, Rectangle

from vae.figures.posteriors import draw_posteriors

NAMES = np.array(["T-shirt", "bag", "coat"])
TICKS = np.linspace(-5, 5, 201)


def log_normal(z_1, z_2, loc):
    """Return the log density of a Gaussian of scale 0.1 on a grid."""
    square = np.add.outer((z_2 - loc[1]) ** 2, (z_1 - loc[0]) ** 2)
    return -0.5 * square / 0.01 - np.log(2 * np.pi * 0.01)


def test_posteriors_are_drawn_under_q_with_an_inset_where_they_are_elsewhere():
    near = np.stack([0.1 * TICKS, 0.1 * TICKS])
    wide = np.stack([TICKS, TICKS])
    windows = np.stack([[near, wide]] * 2)
    modes = (0, 0), (0.3, 2)  # the second is outside of the window near q(z|x)
    log_prob = [[log_normal(*w, mode) for w in (near, wide)] for mode in modes]
    figure = draw_posteriors(
        class_names=NAMES,
        posterior_label=np.array([2, 1]),
        posterior_loc=np.zeros((2, 2)),
        posterior_scale=np.array([[0.1, 0.2], [0.3, 0.4]]),
        posterior_gap=np.array([0.31, 12.06]),
        posterior_axes=windows,
        posterior_log_prob=np.array(log_prob),
    )
    fits, misses = figure.axes
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["coat\ngap 0.3 nats", "bag\ngap 12.1 nats"]
    assert "39%, 86%, 99% of their mass" in figure.get_suptitle()
    ellipses = [patch for patch in misses.patches if isinstance(patch, Ellipse)]
    sizes = [(e.get_width(), e.get_height()) for e in ellipses]
    np.testing.assert_allclose(sizes, [(0.6, 0.8), (1.2, 1.6), (1.8, 2.4)])
    (contours,) = fits.collections
    outline = np.concatenate([path.vertices for path in contours.get_paths()])
    np.testing.assert_allclose(np.abs(outline).max(axis=0), 0.3, rtol=0.02)
    for axes in figure.axes:
        assert axes.get_aspect() == 1
        bar, (label,) = axes.lines[0].get_xdata(), axes.texts
        assert label.get_text() == "0.2" and np.ptp(bar) == pytest.approx(0.2)
    assert not fits.child_axes
    (inset,) = misses.child_axes
    (outlined,) = [p for p in inset.patches if isinstance(p, Rectangle)]
    assert outlined.get_bbox().extents.tolist() == [-0.5, -0.5, 0.5, 0.5]
    outline = np.concatenate([p.vertices for p in inset.collections[0].get_paths()])
    np.testing.assert_allclose(outline.mean(axis=0), [0.3, 2], atol=0.05)
