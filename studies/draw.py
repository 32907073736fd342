"""The figure of a study: a panel per metric, with runs, means and their spread."""

from collections.abc import Iterable
from io import BytesIO
from itertools import cycle
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from specification import Study
from table import as_cell
from vae.figures.style import REFERENCE, STYLE

SEED = "train.seed"
MARKERS = "D^sv"  # of published numbers
LABEL_WIDTH = 35  # characters that fit beside an axis
NAMES = {
    "elbo": "ELBO",
    "iwae_bound": "importance-weighted bound",
    "annealed_bound": "bound by annealing",
    "log_evidence": "log $p(x)$",
    "knn_accuracy": "accuracy of five nearest neighbours",
}
matplotlib.use("agg")


def draw_study(study: Study, table: pd.DataFrame) -> bytes:
    """Return a PNG; its bytes depend on the study and its table alone."""
    assert study.figure
    column, metrics = study.figure.panels, study.figure.metrics
    parts = table.groupby(column, sort=False) if column else [(None, table)]
    panels = [(rows.dropna(subset=m), m) for _, rows in parts for m in metrics]
    panels = [(rows, metric) for rows, metric in panels if len(rows)]
    draw = draw_panel if study.figure.x in study.columns else draw_curve
    width = max(2.5, 4 - 0.5 * (len(panels) - 2))
    content = BytesIO()
    with style.context([*STYLE, {"text.parse_math": False}]):  # `$` is a user's own
        figure = Figure(figsize=(width * len(panels), 3.2), layout="constrained")
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (rows, metric) in zip(all_axes, panels, strict=True):
            draw(axes, study, rows, metric)
        for axes in all_axes[1:] if len(metrics) == 1 else ():
            axes.set_ylabel("")
        figure.suptitle(study.question, fontsize="medium")
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def draw_panel(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """Draw a metric against a parameter, with a line per setting of the others."""
    assert study.figure
    x, column = study.figure.x, study.figure.panels
    published = study.figure.published.get(metric, [])
    values = [*table[x], *(as_cell(value) for other in published for value in other.x)]
    ticks = list(dict.fromkeys(values))
    settings = [name for name in study.columns if name not in (x, SEED, column)]
    for setting, runs in table.groupby(settings) if settings else [((), table)]:
        label = ", ".join(map(str, setting)) or None
        draw_runs(axes, runs[x].map(ticks.index), runs[metric], label)
    if x == SEED:
        draw_spread(axes, table[metric])
    for other, marker in zip(published, cycle(MARKERS)):
        positions = [ticks.index(as_cell(value)) for value in other.x]
        axes.plot(positions, other.y, marker, mfc="none", c="0.3", label=other.label)
    room = max(1, LABEL_WIDTH // len(ticks))
    names = [fill(str(value), room, break_long_words=False) for value in ticks]
    axes.set_xticks(range(len(ticks)), names)
    name = x.rpartition(".")[2].replace("_", " ")
    axes.set(xlabel=name, xlim=(-0.5, len(ticks) - 0.5))
    axes.set_ylabel(describe(metric), parse_math=True)
    if column:
        add_title(axes, study, table[column].iloc[0])
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=True)  # or its marks pass for runs


def draw_runs(axes: Axes, x: pd.Series, y: pd.Series, label: str | None) -> None:
    """Draw each run as a small point, beside the mean and the standard deviation."""
    runs = y.groupby(x)
    several = runs.size().max() > 1
    alone = {"ms": 5, "label": label}
    shift, look = (-0.12, {"ms": 3, "alpha": 0.6}) if several else (0, alone)
    (dots,) = axes.plot(x + shift, y, "o", mew=0, **look)
    if several:
        mean, look = runs.mean(), {"c": dots.get_color(), "capsize": 3, "label": label}
        axes.errorbar(mean.index, mean, runs.std(), fmt="o-", **look)


def draw_spread(axes: Axes, values: pd.Series) -> None:
    """Draw the mean and the standard deviation of the seeds behind them."""
    mean, spread = values.mean(), values.std()
    axes.axhline(mean, **REFERENCE)
    axes.axhspan(mean - spread, mean + spread, color="0.9", zorder=0)
    axes.set_title(f"mean {mean:.2f}, sd {spread:.2f}", fontsize="small")


def add_title(axes: Axes, study: Study, value: Any) -> None:
    """Say what a panel shows; if it is a variant, with what is published beside it."""
    title = f"{value}\n{axes.get_title()}".strip()
    number = study.summary.published.get(value) if study.summary else None
    if number is not None:
        axes.axhline(number, color="tab:red")
        title += f"\npublished {number:.2f} (red)"
    axes.set_title(title, fontsize="small")


def draw_curve(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """Draw a metric against another: the runs, and the means of the seeds as a line."""
    assert study.figure
    x = study.figure.x
    settings = [name for name in study.columns if name != SEED] or [SEED]
    means = table.groupby(settings, sort=False)[[x, metric]].mean()
    (line,) = axes.plot(means[x], means[metric], "-")
    axes.plot(table[x], table[metric], "o", ms=3, mew=0, c=line.get_color())
    for setting, mean in means.iterrows():
        values = np.atleast_1d(setting)
        label = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
        axes.annotate(label, mean, (4, 4), textcoords="offset points", fontsize="small")
    if {x, metric} == {"test.rate", "test.distortion"}:
        draw_elbos(axes)
    axes.set_xlabel(describe(x), parse_math=True)
    axes.set_ylabel(describe(metric), parse_math=True)


def draw_elbos(axes: Axes) -> None:
    """Draw lines of equal ELBO (Alemi et al. 2018, arXiv 1711.00464)."""
    rates = np.linspace(*axes.get_xlim())
    distortions = np.linspace(*axes.get_ylim())
    elbo = -(rates + distortions[:, None])
    look = {"colors": "0.8", "linestyles": "-", "linewidths": 0.6}
    lines = axes.contour(rates, distortions, elbo, **look)
    positions = label_positions(rates, distortions, lines.levels)
    axes.clabel(lines, fmt="ELBO %g", fontsize="x-small", manual=positions)


def label_positions(
    rates: np.ndarray, distortions: np.ndarray, elbos: Iterable[float]
) -> list[tuple[float, float]]:
    """Return where lines of equal ELBO are named, as rate and distortion in nats.

    A name is at the right, above the curve; or at the left, below it, of a line too low
    for that. A line that passes neither position gets none.
    """
    left, right = np.quantile(rates, [0.12, 0.75])
    lowest, highest = np.quantile(distortions, [0.05, 0.95])
    positions = []
    for elbo in elbos:
        rate = right if -elbo - right > lowest else left
        if lowest < -elbo - rate < highest:
            positions.append((rate, -elbo - rate))
    return positions


def describe(metric: str) -> str:
    """Return a label such as `test ELBO, nats per image`, in lines that fit."""
    split, _, name = metric.partition(".")
    unit = "" if name.endswith(("accuracy", "units")) else ", nats per image"
    label = f"{split} {NAMES.get(name, name.replace('_', ' '))}{unit}"
    return fill(label, LABEL_WIDTH)
