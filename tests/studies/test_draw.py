"""What a study's figure shows."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from draw import draw_curve, draw_panel, draw_study, label_positions
from specification import Figure as Shown
from specification import Published, Study, Summary

OTHERS = Published(label="others", x=[5, 20], y=[-105.0, -90.0])
STUDY = Study(
    question="What does a dimension buy?",
    grid={"model.latent_dim": [2, 5], "train.seed": [1, 2], "train.beta": [1, 2]},
    figure=Shown(
        x="model.latent_dim",
        metrics=["test.elbo"],
        published={"test.elbo": [OTHERS]},
    ),
)
TABLE = pd.DataFrame(
    [(d, s, b) for d in (2, 5) for s in (1, 2) for b in (1, 2)],
    columns=list(STUDY.grid),
)
TABLE["test.elbo"] = np.arange(8.0)


def panel(study, table):
    axes = Figure().subplots()
    draw_panel(axes, study, table, "test.elbo")
    return axes


def test_each_setting_has_its_runs_and_their_mean_and_spread():
    axes = panel(STUDY, TABLE)
    labels = [text.get_text() for text in axes.get_xticklabels()]
    assert labels == ["2", "5", "20"]
    assert axes.get_ylabel() == "test ELBO, nats per image"
    assert axes.get_xlabel() == "latent dim"
    first, second = axes.containers
    assert [c.get_label() for c in axes.containers] == ["1", "2"]
    np.testing.assert_allclose(first.lines[0].get_xydata(), [[0, 1], [1, 5]])
    np.testing.assert_allclose(second.lines[0].get_ydata(orig=False), [2, 6])
    ends = first.lines[2][0].get_segments()[0]
    np.testing.assert_allclose(ends[:, 1], [1 - np.sqrt(2), 1 + np.sqrt(2)])
    (published,) = [line for line in axes.lines if line.get_label() == "others"]
    np.testing.assert_allclose(published.get_xydata(), [[1, -105], [2, -90]])


def test_names_too_long_for_their_place_are_broken_into_lines():
    study = Study(
        question="?",
        variants={name: {} for name in ("small", "large, of binary pixels")},
        grid={"train.seed": [1]},
        figure=Shown(x="variant", metrics=["test.elbo"]),
    )
    table = pd.DataFrame({"variant": list(study.variants), "test.elbo": [-3.0, -1.0]})
    table["train.seed"] = 1
    labels = [text.get_text() for text in panel(study, table).get_xticklabels()]
    assert labels == ["small", "large, of binary\npixels"]


def test_seeds_are_shown_with_their_mean_and_spread():
    study = Study(
        question="?",
        grid={"train.seed": [1, 2]},
        figure=Shown(x="train.seed", metrics=["test.elbo"]),
    )
    table = pd.DataFrame({"train.seed": [1, 2], "test.elbo": [-3.0, -1.0]})
    assert panel(study, table).get_title() == "mean -2.00, sd 1.41"


def test_a_variant_stands_beside_what_is_published():
    study = Study(
        question="?",
        variants={"a": {}, "b": {}},
        grid={"train.seed": [1, 2]},
        figure=Shown(x="train.seed", metrics=["test.elbo"], panels="variant"),
        summary=Summary(metric="test.elbo", published={"a": -4.0}),
    )
    table = pd.DataFrame(
        {"variant": "a", "train.seed": [1, 2], "test.elbo": [-3.0, -1.0]}
    )
    axes = panel(study, table)
    assert axes.get_title() == "a\nmean -2.00, sd 1.41\npublished -4.00 (red)"
    (line,) = [a for a in axes.lines if a.get_color() == "tab:red"]
    assert list(line.get_ydata()) == [-4.0, -4.0]


def test_rate_and_distortion_form_a_curve_among_lines_of_equal_elbo():
    study = Study(
        question="?",
        grid={"train.beta": [0.5, 4.0], "train.seed": [1, 2]},
        figure=Shown(x="test.rate", metrics=["test.distortion"]),
    )
    table = pd.DataFrame(
        {
            "train.beta": [0.5, 0.5, 4.0, 4.0],
            "train.seed": [1, 2, 1, 2],
            "test.rate": [20.0, 22.0, 8.0, 6.0],
            "test.distortion": [70.0, 72.0, 90.0, 100.0],
        }
    )
    axes = Figure().subplots()
    draw_curve(axes, study, table, "test.distortion")
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[21, 71], [7, 95]])
    np.testing.assert_allclose(axes.lines[1].get_xydata(), table.iloc[:, 2:])
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["0.5", "4"]
    assert all(text.startswith("ELBO -") for text in texts[2:])
    (contours,) = axes.collections
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        np.testing.assert_allclose(-path.vertices.sum(axis=1), level, rtol=1e-6)


def test_lines_of_equal_elbo_are_named_on_themselves_within_the_panel():
    rates, distortions = np.linspace(0, 100, 5), np.linspace(0, 200, 5)
    elbos = [-80, -100, -240, -280]
    # The last would be named above the panel.
    expected = [(12, 68), (75, 25), (75, 165)]
    assert label_positions(rates, distortions, elbos) == expected


@pytest.mark.parametrize("metrics", [["test.elbo"], ["test.elbo", "test.rate"]])
def test_the_same_table_gives_the_same_bytes(metrics):
    shown = STUDY.figure.model_copy(update={"metrics": metrics})
    study = STUDY.model_copy(update={"figure": shown})
    table = TABLE.assign(**{"test.rate": 7.0})
    assert draw_study(study, table) == draw_study(study, table)
