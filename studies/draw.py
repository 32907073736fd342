"""The figure of a study: a panel for each metric, points, means and their spread."""

from io import BytesIO

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from specification import Study
from vae.figures.style import REFERENCE, STYLE

SEED = "train.seed"
NAMES = {
    "elbo": "ELBO",
    "iwae_bound": "importance-weighted bound",
    "log_evidence": "log $p(x)$",
    "knn_accuracy": "accuracy of five nearest neighbours",
}
matplotlib.use("agg")


def draw_study(study: Study, table: pd.DataFrame) -> bytes:
    """A PNG; its bytes depend on the study and its table alone."""
    content = BytesIO()
    metrics = study.figure.metrics
    with style.context(STYLE):
        figure = Figure(figsize=(4 * len(metrics), 3.2), layout="constrained")
        for axes, metric in zip(
            np.atleast_1d(figure.subplots(1, len(metrics))), metrics, strict=True
        ):
            draw_panel(axes, study, table[table[metric].notna()], metric)
        figure.suptitle(study.question, fontsize="medium")
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def draw_panel(axes: Axes, study: Study, table: pd.DataFrame, metric: str) -> None:
    """One metric against one parameter, a line for each setting of the others."""
    x = study.figure.x
    ticks = dict.fromkeys(table[x])
    published = study.figure.published.get(metric, [])
    for other in published:
        ticks |= dict.fromkeys(other.x)
    places = {value: place for place, value in enumerate(ticks)}
    settings = [name for name in places_of(study) if name not in (x, SEED)]
    groups = table.groupby(settings) if settings else [((), table)]
    for setting, rows in groups:
        label = ", ".join(map(str, setting)) or None
        draw_runs(axes, rows[x].map(places), rows[metric], label)
    if x == SEED:
        mean, spread = table[metric].mean(), table[metric].std()
        axes.axhline(mean, **REFERENCE)
        axes.axhspan(mean - spread, mean + spread, color="0.9", zorder=0)
        axes.set_title(f"mean {mean:.2f}, sd {spread:.2f}", fontsize="small")
    for other in published:
        axes.plot([places[v] for v in other.x], other.y, "D", mfc="none", c="0.3",
                  label=other.label)  # fmt: skip
    axes.set_xticks(range(len(ticks)), [str(value) for value in ticks])
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.set_xlabel(x.rpartition(".")[2].replace("_", " "))
    split, _, name = metric.partition(".")
    unit = "" if name.endswith(("accuracy", "units")) else ", nats per image"
    axes.set_ylabel(f"{split} {NAMES.get(name, name.replace('_', ' '))}{unit}")
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


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
