"""The figure of a study: a panel for each metric, points, means and their spread."""

from collections.abc import Collection
from io import BytesIO
from itertools import cycle
from textwrap import fill

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from specification import Study
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
    """A PNG; its bytes depend on the study and its table alone."""
    content = BytesIO()
    panels = [
        (rows[rows[metric].notna()], metric)
        for rows in split_rows(study, table)
        for metric in study.figure.metrics
    ]
    width = max(2.5, 4 - 0.5 * (len(panels) - 2))
    with style.context(STYLE):
        figure = Figure(figsize=(width * len(panels), 3.2), layout="constrained")
        all_axes = np.atleast_1d(figure.subplots(1, len(panels)))
        for axes, (rows, metric) in zip(all_axes, panels, strict=True):
            draw = draw_panel if study.figure.x in places_of(study) else draw_curve
            draw(axes, study, rows, metric)
            if len(study.figure.metrics) == 1 and axes is not all_axes[0]:
                axes.set_ylabel("")
        figure.suptitle(study.question, fontsize="medium")
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def split_rows(study: Study, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Those of each value that has panels of its own; else all together."""
    if study.figure.panels is None:
        return [table]
    return [rows for _, rows in table.groupby(study.figure.panels, sort=False)]


def draw_panel(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """One metric against one parameter, a line for each setting of the others."""
    x = study.figure.x
    ticks = dict.fromkeys(table[x])
    published = study.figure.published.get(metric, [])
    for other in published:
        ticks |= dict.fromkeys(other.x)
    places = {value: place for place, value in enumerate(ticks)}
    apart = (x, SEED, study.figure.panels)
    settings = [name for name in places_of(study) if name not in apart]
    groups = table.groupby(settings) if settings else [((), table)]
    for setting, rows in groups:
        label = ", ".join(map(str, setting)) or None
        draw_runs(axes, rows[x].map(places), rows[metric], label)
    if x == SEED:
        mean, spread = table[metric].mean(), table[metric].std()
        axes.axhline(mean, **REFERENCE)
        axes.axhspan(mean - spread, mean + spread, color="0.9", zorder=0)
        axes.set_title(f"mean {mean:.2f}, sd {spread:.2f}", fontsize="small")
    for other, marker in zip(published, cycle(MARKERS)):
        axes.plot([places[v] for v in other.x], other.y, marker, mfc="none", c="0.3",
                  label=other.label)  # fmt: skip
    room = max(1, LABEL_WIDTH // len(ticks))
    names = [fill(str(value), room, break_long_words=False) for value in ticks]
    axes.set_xticks(range(len(ticks)), names)
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.set_xlabel(x.rpartition(".")[2].replace("_", " "))
    axes.set_ylabel(fill(describe(metric), LABEL_WIDTH))
    if study.figure.panels:
        add_title(axes, study, table[study.figure.panels].iloc[0])
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=True)  # or its marks pass for runs


def add_title(axes: Axes, study: Study, value: object) -> None:
    """What a panel is of; if it is a variant, with what is published beside it."""
    title = f"{value}\n{axes.get_title()}".strip()
    number = study.summary.published.get(value) if study.summary else None
    if number is not None:
        axes.axhline(number, color="tab:red")
        title += f"\npublished {number:.2f} (red)"
    axes.set_title(title, fontsize="small")


def draw_curve(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """One metric against another: each run, and the means of the seeds as a line.

    Of rate and distortion with lines of equal ELBO (Alemi et al. 2018, arXiv
    1711.00464).
    """
    x = study.figure.x
    settings = [name for name in places_of(study) if name != SEED]
    means = table.groupby(settings, sort=False)[[x, metric]].mean()
    (line,) = axes.plot(means[x], means[metric], "-")
    axes.plot(table[x], table[metric], "o", ms=3, mew=0, c=line.get_color())
    for setting, mean in means.iterrows():
        label = ", ".join(as_label(value) for value in np.atleast_1d(setting))
        axes.annotate(label, mean, (4, 4), textcoords="offset points", fontsize="small")
    if {x, metric} == {"test.rate", "test.distortion"}:
        rates, distortions = (
            np.linspace(*limits) for limits in (axes.get_xlim(), axes.get_ylim())
        )
        elbo = -(rates + distortions[:, None])
        lines = axes.contour(
            rates, distortions, elbo, colors="0.8", linestyles="-", linewidths=0.6
        )
        axes.clabel(
            lines,
            fmt="ELBO %g",
            fontsize="x-small",
            manual=label_positions(rates, distortions, lines.levels),
        )
    axes.set_xlabel(describe(x))
    axes.set_ylabel(fill(describe(metric), LABEL_WIDTH))


def label_positions(
    rates: np.ndarray, distortions: np.ndarray, elbos: Collection[float]
) -> list[tuple[float, float]]:
    """Where lines of equal ELBO are named, as rate and distortion in nats.

    At the right, above the curve; a line too low for that at the left, below it.

    Args:
        rates, distortions: from end to end of the panel's axes.
        elbos: of the lines; one that passes neither place gets no name.
    """
    left, right = np.quantile(rates, [0.12, 0.75])
    lowest, highest = np.quantile(distortions, [0.05, 0.95])
    places = []
    for elbo in elbos:
        rate = right if -elbo - right > lowest else left
        if lowest < -elbo - rate < highest:
            places.append((rate, -elbo - rate))
    return places


def as_label(value: object) -> str:
    """A parameter's value, as one writes it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe(metric: str) -> str:
    """A label such as `test ELBO, nats per image`."""
    split, _, name = metric.partition(".")
    unit = "" if name.endswith(("accuracy", "units")) else ", nats per image"
    return f"{split} {NAMES.get(name, name.replace('_', ' '))}{unit}"


def places_of(study: Study) -> list[str]:
    """Columns of the table that say which point it is."""
    return (["variant"] if study.variants else []) + list(study.grid)


def draw_runs(axes: Axes, x: pd.Series, y: pd.Series, label: str | None) -> None:
    """Each run as a small point, beside the mean and the standard deviation."""
    runs = pd.DataFrame({"x": x, "y": y}).groupby("x")["y"]
    mean, spread = runs.mean(), runs.std()
    several = runs.size().max() > 1
    alone = {"ms": 5, "label": label}
    shift, look = (-0.12, {"ms": 3, "alpha": 0.6}) if several else (0, alone)
    (dots,) = axes.plot(x + shift, y, "o", mew=0, **look)
    if several:
        axes.errorbar(
            mean.index, mean, spread, fmt="o-", c=dots.get_color(), capsize=3,
            label=label,
        )  # fmt: skip
