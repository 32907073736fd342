"""Curves and bars: which numbers are drawn, and where."""

import numpy as np
import pandas as pd
import pytest

from vae.figures.curves import draw_bound, draw_capacity, draw_history, draw_rate

UNKNOWN = np.array(np.nan)
NAMES = ["elbo", "rate", "distortion"]
COLUMNS = [f"{split}_{name}" for split in ("train", "validation") for name in NAMES]
HISTORY = pd.DataFrame(np.add.outer(np.arange(20), np.arange(6)), columns=COLUMNS)
HISTORY = HISTORY.assign(epoch=range(1, 21), train_loss=-HISTORY["train_elbo"])


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def tick_labels(axes):
    return [text.get_text() for text in axes.get_xticklabels()]


def test_curves_show_both_splits_and_the_capacity_over_the_rate():
    capacity = np.linspace(0, 3, 20)
    history = HISTORY.assign(capacity=capacity)
    figure = draw_history(history=history, log_evidence=np.array(140.0))
    assert titles(figure) == ["ELBO", "rate", "distortion"]
    for axes, name in zip(figure.axes, NAMES, strict=True):
        train, validation, *others = axes.lines
        for line, split in (train, "train"), (validation, "validation"):
            assert line.get_label().startswith(split)
            expected = HISTORY[["epoch", f"{split}_{name}"]]
            np.testing.assert_array_equal(line.get_xydata(), expected)
        assert len(others) == (name != "distortion")
    (evidence,) = set(figure.axes[0].lines[2].get_ydata())
    assert evidence == 140 < figure.axes[0].get_ylim()[1]
    np.testing.assert_array_equal(figure.axes[1].lines[2].get_ydata(), capacity)


def test_a_loss_that_is_no_elbo_has_a_panel_of_its_own():
    loss = np.linspace(9, 5, 20)
    figure = draw_history(history=HISTORY.assign(train_loss=loss), log_evidence=UNKNOWN)
    assert titles(figure)[0].startswith("loss")
    assert titles(figure)[1:] == ["ELBO", "rate", "distortion"]
    (line,) = figure.axes[0].lines  # validation images have none
    np.testing.assert_array_equal(line.get_ydata(), loss)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 2


def test_the_first_epochs_may_leave_the_picture():
    steep = np.concatenate([[-1000, -500], np.linspace(-110, -100, 18)])
    elbos = {"train_elbo": steep, "validation_elbo": steep - 2}
    history = HISTORY.assign(train_loss=-steep, **elbos)
    figure = draw_history(history=history, log_evidence=UNKNOWN)
    low, high = figure.axes[0].get_ylim()
    assert (low, high) == pytest.approx((-112 - 0.6, -100 + 0.6))


@pytest.mark.parametrize("epochs", [1, 2])
def test_few_epochs_and_constant_curves_can_be_drawn(epochs):
    figure = draw_history(history=0 * HISTORY[:epochs], log_evidence=UNKNOWN)
    low, high = figure.axes[0].get_ylim()
    assert low < 0 < high


@pytest.mark.parametrize("adaptive", [True, False])
@pytest.mark.parametrize("log_evidence", [-1.5, np.nan])
def test_the_bound_is_drawn_below_a_known_evidence(adaptive, log_evidence):
    counts, curve = np.array([1, 2, 5]), np.array([-3.0, -2.5, -2.0])
    figure = draw_bound(
        curve_num_samples=counts,
        curve_iwae_bound=curve,
        num_importance_samples=np.array(5),
        iwae_bound=np.array(-1.75 if adaptive else -2.0),
        log_evidence=np.array(log_evidence),
    )
    (axes,) = figure.axes
    known = np.isfinite(log_evidence)
    assert len(axes.lines) == 1 + adaptive + known
    np.testing.assert_array_equal(axes.lines[0].get_xydata().T, [counts, curve])
    if adaptive:
        assert axes.lines[1].get_xydata().tolist() == [[5, -1.75]]
    if known:
        np.testing.assert_array_equal(axes.lines[-1].get_ydata(), log_evidence)
    assert tick_labels(axes) == ["1", "2", "5"]


def test_rates_of_three_and_more_dimensions_are_sorted_bars():
    (axes,) = draw_rate(rate_by_dimension=np.array([0.5, 2.0, 1.0])).axes
    assert [bar.get_height() for bar in axes.patches] == [2.0, 1.0, 0.5]
    assert tick_labels(axes) == ["$z_{2}$", "$z_{3}$", "$z_{1}$"]
    assert draw_rate(rate_by_dimension=np.array([0.5, 2.0])) is None


def test_rates_by_dimension_are_drawn_beneath_the_values_of_c():
    rates = {f"rate_z{d + 1}": np.linspace(0, d % 7, 20) for d in range(12)}
    capacity = np.minimum(np.arange(20) + 0.5, 10)  # in mid-epoch, over half of them
    history = HISTORY.assign(capacity=capacity, **rates)
    figure = draw_capacity(history=history)
    (axes,), (top,) = figure.axes, figure.axes[0].child_axes
    for line, name in zip(axes.lines, sorted_by_last(rates), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), rates[name])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:2] == [
        "$z_{7}$",
        "$z_{6}$",
    ]
    assert len(legend.get_texts()) == 10
    assert tick_labels(top) == ["2", "4", "6", "8", "10"]
    np.testing.assert_allclose(top.get_xticks(), [2.5, 4.5, 6.5, 8.5, 11])
    assert draw_capacity(history=HISTORY.assign(capacity=capacity)) is None


def sorted_by_last(rates):
    return sorted(rates, key=lambda name: -rates[name][-1])
