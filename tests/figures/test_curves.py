"""Curves: which numbers are drawn, and where."""

import numpy as np
import pandas as pd
import pytest

from vae.figures.curves import draw_bound, draw_capacity, draw_history

NAMES = ["elbo", "rate", "distortion"]
COLUMNS = [f"{split}_{name}" for split in ("train", "validation") for name in NAMES]
HISTORY = pd.DataFrame(np.add.outer(np.arange(20), np.arange(6)), columns=COLUMNS)
HISTORY = HISTORY.assign(epoch=range(1, 21), train_loss=-HISTORY["train_elbo"])


def texts(artists):
    return [artist.get_text() for artist in artists]


def test_curves_show_the_loss_both_splits_and_the_capacity_over_the_rate():
    capacity, loss = np.linspace(0, 3, 20), np.linspace(9, 5, 20)
    history = HISTORY.assign(capacity=capacity, train_loss=loss)
    figure = draw_history(history=history, log_evidence=np.array(140.0))
    of_loss, *panels = figure.axes
    assert of_loss.get_title().startswith("loss")
    (line,) = of_loss.lines  # validation images have none
    np.testing.assert_array_equal(line.get_ydata(), loss)
    for axes, name in zip(panels, NAMES, strict=True):
        train, validation, *others = axes.lines
        for line, split in (train, "train"), (validation, "validation"):
            assert line.get_label().startswith(split)
            expected = HISTORY[["epoch", f"{split}_{name}"]]
            np.testing.assert_array_equal(line.get_xydata(), expected)
        assert len(others) == (name != "distortion")
    (evidence,) = set(panels[0].lines[2].get_ydata())
    assert evidence == 140 < panels[0].get_ylim()[1]
    np.testing.assert_array_equal(panels[1].lines[2].get_ydata(), capacity)


def test_the_first_epochs_may_leave_the_picture():
    steep = np.concatenate([[-1000, -500], np.linspace(-110, -100, 18)])
    elbos = {"train_elbo": steep, "validation_elbo": steep - 2}
    history = HISTORY.assign(train_loss=-steep, **elbos)
    figure = draw_history(history=history, log_evidence=np.array(np.nan))
    panel, *others = figure.axes  # none of the loss, which is -ELBO
    assert len(others) == 2
    assert panel.get_ylim() == pytest.approx((-112 - 0.6, -100 + 0.6))
    constant = draw_history(history=0 * HISTORY[:1], log_evidence=np.array(np.nan))
    low, high = constant.axes[0].get_ylim()
    assert low < 0 < high


@pytest.mark.parametrize(("bound", "log_evidence"), [(-1.75, -1.5), (-2.0, np.nan)])
def test_the_bound_is_drawn_below_a_known_evidence(bound, log_evidence):
    counts, curve = np.array([1, 2, 5]), np.array([-3.0, -2.5, -2.0])
    figure = draw_bound(
        curve_num_samples=counts,
        curve_iwae_bound=curve,
        num_importance_samples=np.array(5),
        iwae_bound=np.array(bound),
        log_evidence=np.array(log_evidence),
    )
    first, *others = figure.axes[0].lines
    np.testing.assert_array_equal(first.get_xydata().T, [counts, curve])
    assert texts(figure.axes[0].get_xticklabels()) == ["1", "2", "5"]
    if bound == curve[-1]:  # of the same samples
        assert others == []
    else:
        adaptive, evidence = others
        assert adaptive.get_xydata().tolist() == [[5, bound]]
        np.testing.assert_array_equal(evidence.get_ydata(), log_evidence)


def test_rates_by_dimension_are_drawn_beneath_the_values_of_c():
    rates = {f"rate_z{d + 1}": np.linspace(0, d, 20) for d in range(12)}
    capacity = np.minimum(np.arange(20) + 0.5, 10)  # in mid-epoch, over half of them
    history = HISTORY.assign(capacity=capacity, **rates)
    figure = draw_capacity(history=history)
    (axes,), (top,), (legend,) = figure.axes, figure.axes[0].child_axes, figure.legends
    for line, rate in zip(axes.lines, reversed(rates.values()), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), rate)
    assert texts(legend.get_texts()) == [f"$z_{{{d}}}$" for d in range(12, 2, -1)]
    assert texts(top.get_xticklabels()) == ["2", "4", "6", "8", "10"]
    np.testing.assert_allclose(top.get_xticks(), [2.5, 4.5, 6.5, 8.5, 11])
    assert draw_capacity(history=HISTORY.assign(capacity=capacity)) is None
