"""Curves and bars, drawn from arrays."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vae.style import REFERENCE


def draw_history(*, history: Mapping[str, np.ndarray]) -> Figure:
    """ELBO, rate and distortion of training and validation images against the epoch.

    Args:
        history: the columns of `history.csv`; a column `capacity` is drawn as the
            target of the rate.
    """
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    names = {"elbo": "ELBO", "rate": "rate", "distortion": "distortion"}
    for axes, (name, title) in zip(figure.subplots(1, 3), names.items(), strict=True):
        for split, line in {"train": "-", "validation": "--"}.items():
            axes.plot(history["epoch"], history[f"{split}_{name}"], line, label=split)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _, rate_axes, _ = figure.axes
    if "capacity" in history:
        rate_axes.plot(
            history["epoch"], history["capacity"], label="capacity", **REFERENCE
        )
        rate_axes.legend()
    figure.axes[0].set_ylabel("nats per image")
    figure.axes[0].legend()
    return figure


def draw_bound(
    *,
    bound_samples: np.ndarray,
    bound: np.ndarray,
    all_samples: np.ndarray,
    all_bound: np.ndarray,
    evidence: np.ndarray,
) -> Figure:
    """Importance-weighted bounds against the number of samples, below log p(x).

    Args:
        bound_samples: numbers of samples from q(z|x), [counts].
        bound: means over the test images [counts], nats per image.
        all_samples, all_bound: likewise of the proposal of `iwae_bound`, a number
            each; drawn apart if the proposal is another than q(z|x).
        evidence: the mean of log p(x), or NaN where it is unknown.
    """
    figure = Figure(figsize=(4.5, 3), layout="constrained")
    axes = figure.subplots()
    axes.semilogx(bound_samples, bound, "o-", markersize=4, label="from $q(z|x)$")
    if all_samples > bound_samples[-1]:
        axes.semilogx(all_samples, all_bound, "s", markersize=5, label="adaptive")
        bound_samples = np.append(bound_samples, all_samples)
    if np.isfinite(evidence):
        axes.axhline(evidence, label="$\\log p(x)$", **REFERENCE)
    axes.legend()
    axes.annotate(
        "ELBO", (bound_samples[0], bound[0]), (8, -3), textcoords="offset points"
    )
    axes.set_xlabel("importance samples")
    axes.set_ylabel("nats per image")
    axes.set_xticks(bound_samples, [str(count) for count in bound_samples])
    axes.minorticks_off()
    return figure


def draw_rate(*, rates: np.ndarray) -> Figure:
    """What each latent dimension carries, the most informative first.

    Args:
        rates: means over the test images [latent], nats per image.
    """
    figure = Figure(figsize=(max(3, 0.3 * len(rates) + 1), 2.8), layout="constrained")
    axes = figure.subplots()
    order = np.argsort(-rates, kind="stable")
    axes.bar(np.arange(len(rates)), rates[order])
    axes.set_xticks(np.arange(len(rates)), [f"$z_{{{d + 1}}}$" for d in order])
    axes.set_ylabel("rate (nats per image)")
    return figure
