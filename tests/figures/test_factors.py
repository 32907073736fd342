"""Figures of latents beside true factors: order and numbers."""

import numpy as np

from vae.figures.factors import draw_factor_information, draw_factor_means

NAMES = np.array(["shape", "size"])
RATES = np.array([0.1, 2.5, 1.0])  # the order is z_2, z_3, z_1


def test_information_is_written_with_the_highest_rate_on_top():
    information = np.array([[0, 0.01], [0.5, 1.25], [0.75, 0]])
    figure = draw_factor_information(
        factor_names=NAMES, factor_information=information, rate_by_dimension=RATES
    )
    axes = figure.axes[0]
    written = np.reshape([text.get_text() for text in axes.texts], (3, 2))
    expected = [["0.50", "1.25"], ["0.75", "0.00"], ["0.00", "0.01"]]
    assert written.tolist() == expected
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["$z_{2}$, 2.50", "$z_{3}$, 1.00", "$z_{1}$, 0.10"]
    assert [text.get_text() for text in axes.get_xticklabels()] == [*NAMES]
    white = [text.get_text() for text in axes.texts if text.get_color() == "white"]
    assert white == ["1.25", "0.75"]


def test_means_are_drawn_against_the_values_that_occur():
    mean = np.arange(24.0).reshape(2, 4, 3)
    mean[1, [0, 3]] = np.nan
    figure = draw_factor_means(
        factor_names=NAMES,
        factor_mean=mean,
        factor_deviation=0 * mean + 0.5,
        rate_by_dimension=RATES,
    )
    panels = np.reshape(figure.axes, (3, 2))
    assert [axes.get_title() for axes in panels[0]] == [*NAMES]
    for row, dimension in zip(panels, (1, 2, 0), strict=True):
        assert row[0].get_ylabel() == f"$z_{{{dimension + 1}}}$"
        for axes, values, expected in zip(
            row, ([0, 1, 2, 3], [1, 2]), mean, strict=True
        ):
            drawn = axes.lines[0].get_xydata()
            np.testing.assert_array_equal(drawn[:, 0], values)
            np.testing.assert_array_equal(drawn[:, 1], expected[values, dimension])


def test_at_most_ten_dimensions_are_drawn():
    figure = draw_factor_information(
        factor_names=NAMES,
        factor_information=np.zeros([12, 2]),
        rate_by_dimension=np.arange(12.0),
    )
    labels = figure.axes[0].get_yticklabels()
    assert len(labels) == 10 and labels[0].get_text() == "$z_{12}$, 11.00"
