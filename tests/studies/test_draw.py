"""Rows, lines and curves of a study's figure."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from contours import label_positions
from draw import add_parameters, draw_curve, draw_lines, draw_rows, draw_study
from grid import list_points
from specification import Figure as Shown
from specification import Published, Study
from table import as_cell

SEEDS = {"train.seed": [1, 2]}
VARIANTS = {"small": {}, "large": {"model.latent_dim": 5}}
OTHERS = Published(metric="test.elbo", source="others", values={"large": 2.5})


def make(*, grid=SEEDS, variants=VARIANTS, published=None, values=None, **shown):
    """Return a study, its points and a table with an ELBO per point."""
    study = Study(
        question="?",
        grid=grid,
        variants=variants,
        published=published,
        figure=Shown(metrics=["test.elbo"], **shown),
    )
    points = list_points(study)
    table = pd.DataFrame([point.coordinates for point in points]).map(as_cell)
    return study, points, table.assign(**{"test.elbo": values or range(len(points))})


def drawn(draw, study, table, metric="test.elbo"):
    axes = Figure().subplots()
    draw(axes, study, table, metric)
    return axes


def texts(labels):
    return [label.get_text() for label in labels]


def test_each_setting_is_a_row_with_its_runs_mean_and_deviation():
    study, points, table = make(variants={"$x^$": {}, "large": VARIANTS["large"]})
    axes = drawn(draw_rows, study, table)
    assert texts(axes.get_yticklabels()) == ["$x^$", "large"]
    assert axes.get_xlabel() == "test ELBO, nats per image"
    assert [list(line.get_xdata()) for line in axes.lines[:5:4]] == [[0, 1], [2, 3]]
    for container, mean in zip(axes.containers, (0.5, 2.5), strict=True):
        ends = container.lines[2][0].get_segments()[0][:, 0]
        np.testing.assert_allclose(ends, [mean - np.sqrt(0.5), mean + np.sqrt(0.5)])
    png = draw_study(study, points, table)
    assert png[1:4] == b"PNG" and draw_study(study, points, table) == png


def test_rows_are_differences_from_a_published_value_or_another_run():
    study, _, table = make(published=OTHERS, baseline="published")
    axes = drawn(draw_rows, study, table)
    assert texts(axes.get_yticklabels()) == ["large"]
    assert [list(line.get_xdata()) for line in axes.lines[1:2]] == [[-0.5, 0.5]]
    assert "difference from the published value" in axes.get_xlabel().replace("\n", " ")
    grid = {"model.hidden_units": [[8], [9]], "train.seed": [1]}
    shown = {"baseline": {"model.hidden_units": [8]}, "spread": 0.25}
    study, _, table = make(grid=grid, values=[-9.0, -8.0, -7.0, -3.0], **shown)
    axes = drawn(draw_rows, study, table)
    assert [list(line.get_xdata()) for line in axes.lines[1:]] == [[1], [4]]
    assert texts(axes.get_yticklabels()) == ["small", "large"]
    (band,) = axes.patches
    assert band.get_bbox().width == 0.5


def test_lines_show_means_against_a_parameter_and_published_values():
    x, lines = "train.num_samples", "train.objective"
    variants = {"small": {x: 5}, "large": {x: 9}}
    study, points, table = make(variants=variants, published=OTHERS, x=x, lines=lines)
    axes = drawn(draw_lines, study, add_parameters(study, points, table))
    assert texts(axes.get_xticklabels()) == ["5", "9"]
    line, runs, *_, published = axes.lines[:-1]
    np.testing.assert_allclose(line.get_xydata(), [[0, 0.5], [1, 2.5]])
    np.testing.assert_allclose(runs.get_xydata(), [[0, 0], [0, 1], [1, 2], [1, 3]])
    assert published.get_ydata()[-1] == 2.5 and np.isnan(published.get_ydata()[0])
    labels = axes.get_legend_handles_labels()[1]
    assert labels == ["elbo", "others"] and axes.get_xlabel() == "num samples"


def test_rate_and_distortion_form_a_curve_with_lines_of_equal_elbo():
    grid = {"train.beta": [0.5, 4.0], **SEEDS}
    study, *_ = make(grid=grid, variants=None, x="test.rate")
    rows = [(0.5, 1, 20, 70), (0.5, 2, 22, 72), (4.0, 1, 8, 90), (4.0, 2, 6, 100)]
    names = ["train.beta", "train.seed", "test.rate", "test.distortion"]
    table = pd.DataFrame(rows, columns=names)
    axes = drawn(draw_curve, study, table, "test.distortion")
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[21, 71], [7, 95]])
    np.testing.assert_allclose(axes.lines[1].get_xydata(), table.iloc[:, 2:])
    first, second, *elbos = texts(axes.texts)
    assert (first, second) == ("beta 0.5", "beta 4")
    assert elbos and all(text.startswith("ELBO -") for text in elbos)
    # Labels are on the lines; the last line is outside of the label regions.
    rates, distortions = np.linspace(0, 100, 5), np.linspace(0, 200, 5)
    positions = label_positions(rates, distortions, [-80, -100, -240, -280])
    assert positions == [(12, 68), (75, 25), (75, 165)]
