"""What a study's figure shows."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from draw import draw_curve, draw_panel, draw_study, label_positions
from specification import Figure as Shown
from specification import Published, Study, Summary

OTHERS = Published(label="others", x=[5, 20], y=[-105.0, -90.0])
GRID = {"model.latent_dim": [2, 5], "train.seed": [1, 2], "train.beta": [1, 2]}
PUBLISHED = {"published": {"test.elbo": [OTHERS]}}
TABLE = pd.DataFrame(
    [(d, s, b) for d in (2, 5) for s in (1, 2) for b in (1, 2)], columns=list(GRID)
).assign(**{"test.elbo": np.arange(8.0), "test.rate": 7.0})
SEEDS = {"train.seed": [1, 2]}
UNITS = {"model.hidden_units": [[4, 2]]}
LISTED = Published(label="$^$", x=[[4, 2], [9]], y=[-1.0, -2.0])


def make_study(x, *metrics, grid, shown=None, **changes):
    figure = Shown(x=x, metrics=list(metrics or ["test.elbo"]), **(shown or {}))
    return Study(question="?", grid=grid, figure=figure, **changes)


def panel(study, table):
    axes = Figure().subplots()
    draw_panel(axes, study, pd.DataFrame(table), "test.elbo")
    return axes


def texts(labels):
    return [label.get_text() for label in labels]


def test_each_setting_has_its_runs_and_their_mean_and_spread():
    study = make_study("model.latent_dim", grid=GRID, shown=PUBLISHED)
    axes = panel(study, TABLE)
    assert texts(axes.get_xticklabels()) == ["2", "5", "20"]
    labels = axes.get_xlabel(), axes.get_ylabel()
    assert labels == ("latent dim", "test ELBO, nats per image")
    first, second = axes.containers
    assert [c.get_label() for c in axes.containers] == ["1", "2"]
    np.testing.assert_allclose(first.lines[0].get_xydata(), [[0, 1], [1, 5]])
    np.testing.assert_allclose(second.lines[0].get_ydata(orig=False), [2, 6])
    ends = first.lines[2][0].get_segments()[0]
    np.testing.assert_allclose(ends[:, 1], [1 - np.sqrt(2), 1 + np.sqrt(2)])
    (published,) = [line for line in axes.lines if line.get_label() == "others"]
    np.testing.assert_allclose(published.get_xydata(), [[1, -105], [2, -90]])


def test_names_too_long_for_their_tick_are_broken_into_lines():
    names = ["small", "large, of binary pixels"]
    study = make_study("variant", grid=SEEDS, variants={name: {} for name in names})
    axes = panel(study, {"variant": names, "test.elbo": [-3, -1], "train.seed": 1})
    assert texts(axes.get_xticklabels()) == ["small", "large, of binary\npixels"]


def test_seeds_of_a_variant_have_mean_and_spread_beside_what_is_published():
    elbos = {"train.seed": [1, 2], "test.elbo": [-3.0, -1.0]}
    axes = panel(make_study("train.seed", grid=SEEDS), elbos)
    assert axes.get_title() == "mean -2.00, sd 1.41"
    summary = Summary(metric="test.elbo", published={"a": -4.0})
    more = {"variants": {"a": {}, "b": {}}, "shown": {"panels": "variant"}}
    study = make_study("train.seed", grid=SEEDS, summary=summary, **more)
    axes = panel(study, elbos | {"variant": "a"})
    assert axes.get_title() == "a\nmean -2.00, sd 1.41\npublished -4.00 (red)"
    (line,) = [line for line in axes.lines if line.get_color() == "tab:red"]
    assert list(line.get_ydata()) == [-4.0, -4.0]


def test_rate_and_distortion_form_a_curve_among_lines_of_equal_elbo():
    grid = {"train.beta": [0.5, 4.0], **SEEDS}
    study = make_study("test.rate", "test.distortion", grid=grid)
    rows = [(0.5, 1, 20, 70), (0.5, 2, 22, 72), (4.0, 1, 8, 90), (4.0, 2, 6, 100)]
    table = pd.DataFrame(rows, columns=[*grid, "test.rate", "test.distortion"])
    axes = Figure().subplots()
    draw_curve(axes, study, table, "test.distortion")
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[21, 71], [7, 95]])
    np.testing.assert_allclose(axes.lines[1].get_xydata(), table.iloc[:, 2:])
    first, second, *elbos = texts(axes.texts)
    assert (first, second) == ("0.5", "4")
    assert elbos and all(text.startswith("ELBO -") for text in elbos)
    (contours,) = axes.collections
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        np.testing.assert_allclose(-path.vertices.sum(axis=1), level, rtol=1e-6)
    # Their names are on them; the last one's would be above the panel.
    rates, distortions = np.linspace(0, 100, 5), np.linspace(0, 200, 5)
    positions = label_positions(rates, distortions, [-80, -100, -240, -280])
    assert positions == [(12, 68), (75, 25), (75, 165)]


def test_any_text_and_any_list_can_be_drawn_and_a_panel_without_values_is_left_out():
    shown = {"panels": "variant", "published": {"test.elbo": [LISTED]}}
    variants = {"variants": {"$x^$": {}, "b": {}}}
    study = make_study("model.hidden_units", grid=UNITS, shown=shown, **variants)
    table = {"variant": ["$x^$", "b"], "test.elbo": [-3, None]}
    table["model.hidden_units"] = "[4, 2]"
    assert draw_study(study, pd.DataFrame(table))[1:4] == b"PNG"
    study, axes = make_study("test.rate", grid=SEEDS), Figure().subplots()
    draw_curve(axes, study, TABLE.iloc[[0, 2]], "test.elbo")
    assert texts(axes.texts) == ["1", "2"]


def test_the_same_table_gives_the_same_bytes():
    metrics = ["test.elbo", "test.rate"]
    study = make_study("model.latent_dim", *metrics, grid=GRID, shown=PUBLISHED)
    assert draw_study(study, TABLE) == draw_study(study, TABLE)
