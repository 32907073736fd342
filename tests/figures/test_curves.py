"""Curves and bars, in the style in which `render` draws them."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import style

from vae.figures.curves import draw_bound, draw_history, draw_rate
from vae.figures.style import STYLE

NAMES = ["elbo", "rate", "distortion"]
EPOCHS = 20
HISTORY = pd.DataFrame(
    {"epoch": np.arange(1, EPOCHS + 1)}
    | {
        f"{split}_{name}": np.arange(EPOCHS) + 10 * i + j
        for i, split in enumerate(["train", "validation"])
        for j, name in enumerate(NAMES)
    }
)
HISTORY["train_loss"] = -HISTORY["train_elbo"]


@pytest.fixture(autouse=True)
def styled():
    with style.context(STYLE):
        yield


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_curves_show_both_splits():
    figure = draw_history(history=HISTORY)
    assert titles(figure) == ["ELBO", "rate", "distortion"]
    for axes, name in zip(figure.axes, NAMES, strict=True):
        for line, split in zip(axes.lines, ["train", "validation"], strict=True):
            assert line.get_label() == split
            np.testing.assert_array_equal(line.get_xdata(), HISTORY["epoch"])
            np.testing.assert_array_equal(line.get_ydata(), HISTORY[f"{split}_{name}"])


def test_the_capacity_is_drawn_over_the_rate():
    capacity = np.linspace(0, 3, EPOCHS)
    figure = draw_history(history=HISTORY.assign(capacity=capacity))
    assert [len(axes.lines) for axes in figure.axes] == [2, 3, 2]
    np.testing.assert_array_equal(figure.axes[1].lines[2].get_ydata(), capacity)


def test_a_loss_that_is_no_elbo_has_a_panel_of_its_own():
    history = HISTORY.assign(train_loss=np.linspace(9, 5, EPOCHS))
    figure = draw_history(history=history)
    assert titles(figure) == ["loss, which is minimised", "ELBO", "rate", "distortion"]
    (line,) = figure.axes[0].lines  # none is computed of the validation images
    np.testing.assert_array_equal(line.get_ydata(), history["train_loss"])
    assert [axes.get_legend() is not None for axes in figure.axes] == [0, 0, 1, 0]


def test_the_first_epochs_may_leave_the_picture():
    steep = np.concatenate([[-1000, -500], np.linspace(-110, -100, EPOCHS - 2)])
    elbos = {"train_elbo": steep, "validation_elbo": steep - 2}
    history = HISTORY.assign(train_loss=-steep, **elbos)
    low, high = draw_history(history=history).axes[0].get_ylim()
    assert (low, high) == pytest.approx((-112 - 0.6, -100 + 0.6))


@pytest.mark.parametrize("epochs", [1, 2])
def test_few_epochs_and_constant_curves_can_be_drawn(epochs):
    history = pd.DataFrame(0.0, index=range(epochs), columns=HISTORY.columns)
    low, high = draw_history(history=history).axes[0].get_ylim()
    assert low < 0 < high


def draw(num_samples, log_evidence):
    figure = draw_bound(
        curve_num_samples=np.array([1, 2, 5]),
        curve_iwae_bound=np.array([-3.0, -2.5, -2.0]),
        num_importance_samples=np.array(num_samples),
        iwae_bound=np.array(-1.75),
        log_evidence=np.array(log_evidence),
    )
    (axes,) = figure.axes
    return axes


@pytest.mark.parametrize(
    ("num_samples", "log_evidence", "lines"),
    [(5, -1.5, 2), (5, np.nan, 1), (9, -1.5, 3), (9, np.nan, 2)],
)
def test_the_bound_is_drawn_below_a_known_evidence(num_samples, log_evidence, lines):
    axes = draw(num_samples, log_evidence)
    assert len(axes.lines) == lines
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1, 2, 5])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [-3.0, -2.5, -2.0])
    if np.isfinite(log_evidence):
        np.testing.assert_array_equal(axes.lines[-1].get_ydata(), -1.5)


def test_the_adaptive_bound_stands_at_all_its_samples():
    axes = draw(9, np.nan)
    assert list(axes.lines[1].get_xdata()) == [9]
    assert list(axes.lines[1].get_ydata()) == [-1.75]
    texts = [text.get_text() for text in axes.get_xticklabels()]
    assert texts == ["1", "2", "5", "9"]


def test_rates_are_sorted():
    (axes,) = draw_rate(rate_by_dimension=np.array([0.5, 2.0, 1.0])).axes
    assert [bar.get_height() for bar in axes.patches] == [2.0, 1.0, 0.5]
    texts = [text.get_text() for text in axes.get_xticklabels()]
    assert texts == ["$z_{2}$", "$z_{3}$", "$z_{1}$"]
