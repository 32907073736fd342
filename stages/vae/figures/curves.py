"""Curves and bars, drawn from arrays."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vae.figures.style import REFERENCE

SETTLED = 0.1  # the share of epochs after which curves fill their height


def draw_history(*, history: pd.DataFrame) -> Figure:
    """ELBO, rate and distortion against the epoch; first the loss, if it is another.

    The first tenth of the epochs, in which all changes most, may leave the picture.

    Args:
        history: the columns of `history.csv`, nats per image; `capacity` is drawn as
            the target of the rate.
    """
    panels = {"elbo": "ELBO", "rate": "rate", "distortion": "distortion"}
    if not np.allclose(history["train_loss"], -history["train_elbo"], atol=0.01):
        panels = {"loss": "loss, which is minimised", **panels}
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    for axes, (name, title) in zip(
        figure.subplots(1, len(panels)), panels.items(), strict=True
    ):
        for split, line in {"train": "-", "validation": "--"}.items():
            if f"{split}_{name}" in history:
                column = history[f"{split}_{name}"]
                axes.plot(history["epoch"], column, line, label=split)
        if name == "rate" and "capacity" in history:
            axes.plot(history["epoch"], history["capacity"], label="C", **REFERENCE)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _fill_height_when_settled(axes)
    figure.axes[0].set_ylabel("nats per image")
    figure.axes[list(panels).index("rate")].legend()
    return figure


def _fill_height_when_settled(axes: Axes) -> None:
    """Set the limits by what the lines are after the first epochs."""
    start = int(SETTLED * len(axes.lines[0].get_ydata()))
    settled = np.concatenate([line.get_ydata()[start:] for line in axes.lines])
    low, high = settled.min(), settled.max()
    margin = 0.05 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)


def draw_bound(
    *,
    curve_num_samples: np.ndarray,
    curve_iwae_bound: np.ndarray,
    num_importance_samples: np.ndarray,
    iwae_bound: np.ndarray,
    log_evidence: np.ndarray,
) -> Figure:
    """Importance-weighted bounds against the number of samples, below log p(x).

    Args:
        curve_num_samples: numbers of samples from q(z|x), [counts].
        curve_iwae_bound: the bound with so many, the mean over the test images
            [counts], nats per image.
        num_importance_samples: of the proposal, one number.
        iwae_bound: the bound with these; drawn apart where there are more than from
            q(z|x), that is where the proposal is adaptive.
        log_evidence: the mean of log p(x), or NaN where it is unknown.
    """
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    axes.semilogx(
        curve_num_samples,
        curve_iwae_bound,
        "o-",
        markersize=4,
        label="all samples from $q(z|x)$",
    )
    ticks = list(curve_num_samples)
    if num_importance_samples > ticks[-1]:
        axes.semilogx(
            num_importance_samples,
            iwae_bound,
            "s",
            label="adaptive: a quarter search",
        )
        ticks.append(int(num_importance_samples))
    if np.isfinite(log_evidence):
        axes.axhline(log_evidence, label="$\\log p(x)$, by quadrature", **REFERENCE)
    axes.annotate(
        "ELBO",
        (curve_num_samples[0], curve_iwae_bound[0]),
        (8, -3),
        textcoords="offset points",
    )
    figure.legend(loc="outside upper left")
    axes.set_xlabel("importance samples an image")
    axes.set_ylabel("bound, nats per image")
    axes.set_xticks(ticks, [str(count) for count in ticks])
    axes.minorticks_off()
    return figure


def draw_rate(*, rate_by_dimension: np.ndarray) -> Figure:
    """What each latent dimension carries, the most informative first.

    Args:
        rate_by_dimension: means over the test images [latent], nats per image.
    """
    count = len(rate_by_dimension)
    figure = Figure(figsize=(max(3, 0.3 * count + 1), 2.8), layout="constrained")
    axes = figure.subplots()
    order = np.argsort(-rate_by_dimension, kind="stable")
    axes.bar(np.arange(count), rate_by_dimension[order])
    axes.set_xticks(np.arange(count), [f"$z_{{{d + 1}}}$" for d in order])
    axes.set_ylabel("rate, nats per image")
    return figure
