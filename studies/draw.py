"""The figure of a study: its runs, with mean and standard deviation over seeds."""

from collections.abc import Sequence
from io import BytesIO
from textwrap import fill

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from contours import draw_elbo_contours
from grid import Point, default_params
from specification import PARAMETERS, SEED, Study
from table import as_cell
from vae.figures.style import REFERENCE, STYLE

LABEL_WIDTH = 35  # characters that fit along an axis
NAMES = {
    "elbo": "ELBO",
    "iwae_bound": "importance-weighted bound",
    "annealed_bound": "bound by annealing",
    "log_evidence": "log $p(x)$",
    "knn_accuracy": "accuracy of five nearest neighbors",
    "factor_vae_score": "FactorVAE score",
    "dci_disentanglement": "disentanglement (DCI)",
    "dci_completeness": "completeness (DCI)",
    "dci_informativeness": "informativeness (DCI)",
}
DOTS = {"ls": "", "marker": "o", "ms": 4, "mew": 0, "alpha": 0.6}
MEAN = {"fmt": "D", "ms": 4, "capsize": 3}
matplotlib.use("agg")


def draw_study(study: Study, points: Sequence[Point], table: pd.DataFrame) -> bytes:
    """Return a PNG whose bytes depend on the study and its table alone.

    Without `x`, the figure has a row per setting. If `x` is a parameter, it has a line
    per setting of the other parameters; if `x` is a metric, a curve through the means.
    """
    assert study.figure
    x, metrics = study.figure.x, study.figure.metrics
    table = add_parameters(study, points, table).dropna(subset=metrics)
    is_parameter = x in {*study.columns, *PARAMETERS}
    draw = draw_rows if x is None else draw_lines if is_parameter else draw_curve
    height = 1.3 + 0.3 * len(group_runs(table, row_columns(study))) if x is None else 3
    content = BytesIO()
    with style.context([*STYLE, {"text.parse_math": False}]):  # `$` is literal
        width = min(8, 1.5 + 3.5 * len(metrics))
        figure = Figure(figsize=(width, height), layout="constrained")
        all_axes = figure.subplots(1, len(metrics), squeeze=False)[0]
        for axes, metric in zip(all_axes, metrics, strict=True):
            draw(axes, study, table, metric)
        for axes in all_axes[1:] if x is None else ():
            axes.set_yticklabels([])
        handles, labels = all_axes[-1].get_legend_handles_labels()
        if labels:
            figure.legend(handles, labels, loc="outside right center")
        num_seeds = table[SEED].nunique() if SEED in table else 1
        means = "line of means" if draw is draw_curve else "mean and standard deviation"
        seeds = f"{num_seeds} seeds; {means}" if num_seeds > 1 else "one seed"
        title = f"{study.question}\none dot per run, with {seeds}"
        figure.suptitle(title, fontsize="medium")
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def add_parameters(
    study: Study, points: Sequence[Point], table: pd.DataFrame
) -> pd.DataFrame:
    """Add columns for the parameters of the figure, which variants may set."""
    assert study.figure
    defaults = default_params()
    for name in defaults.keys() & {study.figure.x, study.figure.lines}:
        values = [as_cell((defaults | point.overrides)[name]) for point in points]
        table = table.assign(**{name: values})
    return table


def group_runs(
    table: pd.DataFrame, names: Sequence[str]
) -> list[tuple[tuple, pd.DataFrame]]:
    """Return pairs of a setting of columns and its runs, in the order of the table."""
    return list(table.groupby(list(names), sort=False)) if names else [((), table)]


def row_columns(study: Study) -> list[str]:
    """Return the columns whose values define a row of the figure."""
    assert study.figure
    fixed = study.figure.baseline
    fixed = fixed if isinstance(fixed, dict) else {}
    return [n for n in study.columns if n != SEED and n not in fixed]


def draw_rows(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """Draw a row per setting: values, or differences from the baseline."""
    assert study.figure
    label = axis_label(metric)
    if study.figure.baseline:
        table, other = subtract_baseline(study, table, metric)
        label += f": difference from {other}"
        axes.axvline(0, **REFERENCE)
    if spread := study.figure.spread:
        label += "; gray: one standard deviation of the difference of two seeds"
        axes.axvspan(-spread, spread, color="0.92", zorder=0)
    names = []
    for row, (setting, runs) in enumerate(group_runs(table, row_columns(study))):
        names.append(", ".join(map(str, setting)))
        values = runs[metric]
        if len(values) > 1:
            offsets = np.linspace(-0.2, 0.2, len(values))
            axes.plot(values, row + offsets, c="C0", **DOTS)
            axes.errorbar(values.mean(), row, xerr=values.std(), c="0.2", **MEAN)
        else:
            axes.plot(values, [row], c="C0", **DOTS | {"ms": 6, "alpha": 1})
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(fill(label, 50), parse_math=True)


def subtract_baseline(
    study: Study, table: pd.DataFrame, metric: str
) -> tuple[pd.DataFrame, str]:
    """Return the runs with a metric's differences, and the name of the baseline.

    The baseline is a published value, or the run with other values in some columns.
    """
    assert study.figure
    baseline = study.figure.baseline
    if not isinstance(baseline, dict):
        assert study.published
        base = table["variant"].map(study.published.values)
        table = table.assign(**{metric: table[metric] - base}).dropna(subset=[metric])
        return table, "the published value"
    is_base = (table[list(baseline)] == pd.Series(baseline).map(as_cell)).all(axis=1)
    keys = [name for name in study.columns if name not in baseline]
    base = table[is_base].set_index(keys)[metric]
    rest = table[~is_base]
    found = base.reindex(rest.set_index(keys).index)
    rest = rest.assign(**{metric: rest[metric] - found.to_numpy()})
    return rest, ", ".join(map(str, baseline.values()))


def draw_lines(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """Draw a metric against a parameter, with a line per setting of the others."""
    assert study.figure
    x, lines = study.figure.x, study.figure.lines
    ticks = sorted(set(table[x]), key=list(table[x]).index)
    others = [name for name in study.columns if name not in (x, SEED)]
    published = study.published
    if published and published.metric != metric:
        published = None
    for setting, runs in group_runs(table, [lines] if lines else others):
        label = ", ".join(map(str, setting)) or None
        positions = runs[x].map(ticks.index)
        means = runs[metric].groupby(positions)
        mean = means.mean()
        (line,) = axes.plot(mean.index, mean, "-", label=label)
        color = line.get_color()
        axes.plot(positions, runs[metric], c=color, **DOTS)
        if means.size().max() > 1:
            axes.errorbar(mean.index, mean, means.std(), c=color, **MEAN)
        if published:
            known = runs["variant"].map(published.values)
            axes.plot(positions, known, "D", ms=5, mfc="none", c=color)
    if published:
        axes.plot([], [], "D", ms=5, mfc="none", c="0.3", label=published.source)
    axes.set_xticks(range(len(ticks)), [str(tick) for tick in ticks])
    axes.set_xlabel(str(x).rpartition(".")[2].replace("_", " "))
    axes.set_ylabel(fill(axis_label(metric), LABEL_WIDTH), parse_math=True)


def draw_curve(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """Draw a metric against another one: runs as dots, means over seeds as a line."""
    assert study.figure
    x = str(study.figure.x)
    settings = [name for name in study.columns if name != SEED] or [SEED]
    means = table.groupby(settings, sort=False)[[x, metric]].mean()
    (line,) = axes.plot(means[x], means[metric], "-")
    axes.plot(table[x], table[metric], c=line.get_color(), **DOTS)
    names = [name.rpartition(".")[2] for name in settings]
    for setting, mean in means.iterrows():
        pairs = zip(names, np.atleast_1d(setting), strict=True)
        texts = (f"{n} {v:g}" if isinstance(v, float) else f"{n} {v}" for n, v in pairs)
        look = {"xytext": (4, 4), "textcoords": "offset points", "fontsize": "small"}
        axes.annotate(", ".join(texts), mean, **look)
    if {x, metric} == {"test.rate", "test.distortion"}:
        draw_elbo_contours(axes)
    axes.set_xlabel(axis_label(x), parse_math=True)
    axes.set_ylabel(fill(axis_label(metric), LABEL_WIDTH), parse_math=True)


def axis_label(metric: str) -> str:
    """Return a label such as `test ELBO, nats per image`."""
    split, _, name = metric.partition(".")
    title = NAMES.get(name, name.replace("_", " "))
    if split == "disentanglement":  # of all images, and without a unit
        return title
    unit = "" if name.endswith(("accuracy", "units")) else ", nats per image"
    return f"{split} {title}{unit}"
