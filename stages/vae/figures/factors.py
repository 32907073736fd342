"""Figures of latents beside the true factors of the images.

Latent dimensions are ordered by rate, the highest first.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vae.figures.style import shorten

MAX_SHOWN = 10  # dimensions
LIGHT = 0.5  # share of the largest value from which text on the color is white


def by_rate(rate_by_dimension: np.ndarray) -> np.ndarray:
    """Return the indices of the dimensions with the highest rates."""
    return np.argsort(-rate_by_dimension, kind="stable")[:MAX_SHOWN]


def draw_factor_information(
    *,
    factor_names: np.ndarray,  # [factors]
    factor_information: np.ndarray,  # [latent, factors], nats
    rate_by_dimension: np.ndarray,  # [latent], nats per image
) -> Figure:
    """Draw the matrix of mutual information of dimensions and factors, with values."""
    order = by_rate(rate_by_dimension)
    values = factor_information[order]
    rows, columns = values.shape
    size = 1.8 + 0.75 * columns, 1 + 0.3 * rows
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    largest = max(values.max(), 1e-3)
    image = axes.imshow(values, vmin=0, vmax=largest, cmap="gray_r", aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        color = "white" if value > LIGHT * largest else "black"
        look = {"ha": "center", "va": "center", "color": color}
        axes.text(column, row, f"{value:.2f}", **look)
    axes.set_xticks(range(columns), [shorten(name) for name in factor_names])
    rates = rate_by_dimension[order]
    labels = [f"$z_{{{d + 1}}}$, {r:.2f}" for d, r in zip(order, rates, strict=True)]
    axes.set_yticks(range(rows), labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("dimension, rate in nats")
    axes.set_title("Mutual information $I(z_j; v_k)$, nats")
    figure.colorbar(image, shrink=0.9)
    return figure


def draw_factor_means(
    *,
    factor_names: np.ndarray,  # [factors]
    factor_mean: np.ndarray,  # [factors, values, latent], NaN if there are none
    factor_deviation: np.ndarray,  # the same, standard deviations
    rate_by_dimension: np.ndarray,  # [latent], nats per image
) -> Figure:
    """Draw posterior means against each factor: a row per dimension.

    The band is one standard deviation over the images with the same value.
    """
    order = by_rate(rate_by_dimension)
    shape = len(order), len(factor_names)
    size = 1 + 1.4 * shape[1], 0.8 + 0.62 * shape[0]
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(*shape, squeeze=False, sharex="col", sharey=True)
    for row, dimension in zip(panels, order, strict=True):
        for axes, mean, spread in zip(row, factor_mean, factor_deviation, strict=True):
            mean, spread = mean[:, dimension], spread[:, dimension]
            (known,) = np.nonzero(np.isfinite(mean))
            mean, spread = mean[known], spread[known]
            axes.fill_between(known, mean - spread, mean + spread, color="0.85")
            axes.plot(known, mean, ".-", markersize=3, linewidth=0.8)
            axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.tick_params(labelsize="small")
        row[0].set_ylabel(f"$z_{{{dimension + 1}}}$", rotation=0, va="center")
    for axes, name in zip(panels[0], factor_names, strict=True):
        axes.set_title(shorten(name))
    figure.supxlabel("value of the factor", fontsize="medium")
    figure.suptitle(
        "Posterior mean of each dimension against each factor; gray: one standard "
        "deviation",
        fontsize="medium",
    )
    return figure
