"""Lines of equal ELBO in the plane of rate and distortion."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes


def draw_elbo_contours(axes: Axes) -> None:
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
    """Return positions of labels on lines of equal ELBO: rate and distortion in nats.

    A label is at the right, above the curve, or at the left, below the curve. A line
    that passes through neither region gets no label.
    """
    left, right = np.quantile(rates, [0.12, 0.75])
    lowest, highest = np.quantile(distortions, [0.05, 0.95])
    positions = []
    for elbo in elbos:
        rate = right if -elbo - right > lowest else left
        if lowest < -elbo - rate < highest:
            positions.append((rate, -elbo - rate))
    return positions
