"""Figures of curves. All values are means over images, in nats per image."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vae.figures.style import REFERENCE

LINES = {
    "train": ("-", "training images, mean during the epoch"),
    "validation": ("--", "validation images, after the epoch"),
}
LINE_STYLES = ("-", "--")  # of five dimensions each
SETTLED = 0.1  # share of the epochs after which curves determine the limits


def draw_history(
    *,
    history: pd.DataFrame,
    log_evidence: np.ndarray,  # of the test images; NaN where it is unknown
) -> Figure:
    """Draw ELBO, rate and distortion per epoch, and the loss if it is not -ELBO.

    The first tenth of the epochs may lie outside the limits. Training values are means
    during an epoch, while the model improves, so validation values, which are computed
    after it, can be better.
    """
    panels = {"elbo": "ELBO", "rate": "rate", "distortion": "distortion"}
    if not np.allclose(history["train_loss"], -history["train_elbo"], atol=0.01):
        panels = {"loss": "loss, which is minimized", **panels}
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    subplots = figure.subplots(1, len(panels))
    for axes, (name, title) in zip(subplots, panels.items(), strict=True):
        for split, (line, label) in LINES.items():
            if f"{split}_{name}" in history:
                column = history[f"{split}_{name}"]
                axes.plot(history["epoch"], column, line, label=label)
        if name == "rate" and "capacity" in history:
            axes.plot(history["epoch"], history["capacity"], label="C", **REFERENCE)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        _set_settled_limits(axes)
        if name == "elbo" and np.isfinite(log_evidence):
            top = float(log_evidence)
            axes.axhline(top, label="test $\\log p(x)$", **REFERENCE)
            axes.set_ylim(top=max(axes.get_ylim()[1], top + 0.5))
    figure.axes[0].set_ylabel("nats per image")
    lines = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=len(lines))
    return figure


def _set_settled_limits(axes: Axes) -> None:
    """Set the limits to the range of the lines after the first epochs."""
    start = int(SETTLED * len(axes.lines[0].get_ydata()))
    settled = np.concatenate([line.get_ydata()[start:] for line in axes.lines])
    low, high = settled.min(), settled.max()
    margin = 0.05 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)


def draw_capacity(*, history: pd.DataFrame) -> Figure | None:
    """Draw the rate of each dimension per epoch, if the objective is `capacity`.

    The upper axis has the value of C. Beyond ten dimensions, those with the lowest last
    rates are thin and gray. Source: Burgess et al. (2018), figure 3.
    """
    rates = history.filter(regex=r"^rate_z\d+$")
    if rates.empty:
        return None
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    order = rates.iloc[-1].sort_values(ascending=False, kind="stable").index
    for rank, name in enumerate(order):
        label = f"$z_{{{name.removeprefix('rate_z')}}}$"
        look = {"color": "0.8", "linewidth": 0.5}
        if rank < 10:
            look = {"label": label, "linestyle": LINE_STYLES[rank // 5]}
        axes.plot(history["epoch"], rates[name], **look)
    axes.set_xlabel("epoch")
    axes.set_ylabel("rate, nats per validation image")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    figure.legend(loc="outside right center", title="dimension")
    top = axes.secondary_xaxis("top")
    rising = history.drop_duplicates("capacity")
    first, last = rising["capacity"].iloc[[0, -1]]
    ticks = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(0, last)
    ticks = ticks[(ticks >= first) & (ticks <= last)]
    epochs = np.interp(ticks, rising["capacity"], rising["epoch"])
    top.set_xticks(epochs, [f"{c:g}" for c in ticks])
    top.set_xlabel("C, nats")
    return figure


def draw_bound(
    *,
    curve_num_samples: np.ndarray,  # [counts], samples of q(z|x)
    curve_iwae_bound: np.ndarray,  # [counts]
    num_importance_samples: np.ndarray,  # of the proposal, per image
    iwae_bound: np.ndarray,  # for this number
    log_evidence: np.ndarray,  # NaN where it is unknown
) -> Figure:
    """Draw importance-weighted bounds against the number of samples, below log p(x).

    If the proposal is not q(z|x), its bound is a separate point.
    """
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    curve, label = (curve_num_samples, curve_iwae_bound), "samples of $q(z|x)$"
    axes.semilogx(*curve, "o-", markersize=4, label=label)
    if iwae_bound != curve_iwae_bound[-1]:
        label = "adaptive proposal"
        axes.semilogx(num_importance_samples, iwae_bound, "s", label=label)
    if np.isfinite(log_evidence):
        axes.axhline(log_evidence, label="$\\log p(x)$, by quadrature", **REFERENCE)
    start = (curve_num_samples[0], curve_iwae_bound[0])
    axes.annotate("ELBO", start, (8, -3), textcoords="offset points")
    figure.legend(loc="outside upper left")
    axes.set_xlabel("importance samples per image")
    axes.set_ylabel("bound, nats per image")
    axes.set_xticks(curve_num_samples, [str(count) for count in curve_num_samples])
    axes.minorticks_off()
    return figure
