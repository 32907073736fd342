"""Figures of latents beside true factors: order and numbers."""

import numpy as np

from vae.figures.factors import draw_factor_information, draw_factor_means

NAMES = np.array(["shape", "size"])
RATES = np.array([0.1, 2.5, 1.0])  # the order is z_2, z_3, z_1


def texts(artists):
    return [artist.get_text() for artist in artists]


def test_information_is_written_with_the_highest_rate_on_top():
    information = np.array([[0, 0.01], [0.5, 1.25], [0.75, 0]])
    figure = draw_factor_information(
        factor_names=NAMES, factor_information=information, rate_by_dimension=RATES
    )
    axes = figure.axes[0]
    assert texts(axes.texts) == ["0.50", "1.25", "0.75", "0.00", "0.00", "0.01"]
    labels = ["$z_{2}$, 2.50", "$z_{3}$, 1.00", "$z_{1}$, 0.10"]
    assert texts(axes.get_yticklabels()) == labels
    assert texts(axes.get_xticklabels()) == [*NAMES]
    white = [text for text in axes.texts if text.get_color() == "white"]
    assert texts(white) == ["1.25", "0.75"]


def test_means_are_drawn_against_the_values_that_occur():
    mean = np.arange(24.0).reshape(2, 4, 3)
    mean[1, [0, 3]] = np.nan
    figure = draw_factor_means(
        factor_names=NAMES,
        factor_mean=mean,
        factor_deviation=0 * mean + 0.5,
        rate_by_dimension=RATES,
    )
    assert [axes.get_title() for axes in figure.axes[:2]] == [*NAMES]
    for i, axes in enumerate(figure.axes):  # a row per dimension
        dimension, factor = (1, 2, 0)[i // 2], i % 2
        values = ([0, 1, 2, 3], [1, 2])[factor]
        drawn = axes.lines[0].get_xydata().T
        expected = [values, mean[factor, values, dimension]]
        np.testing.assert_array_equal(drawn, expected)
