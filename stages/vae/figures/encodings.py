"""The figure of posterior means in the latent plane."""

from statistics import NormalDist

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from scipy.ndimage import convolve

from vae.figures.regions import PERCENTAGES, region_levels
from vae.figures.style import CLASS_COLORS, CLASS_MARKERS, REFERENCE, shorten

MAX_CLASSES = 20  # that have a color and a marker
PRIOR_POINTS = 300  # along each axis, for the contours of a learned prior
ROUNDS = 50  # of drawing points of all classes, so that no class hides another
QUANTILE_TICKS = (-2, -1, 0, 1, 2)  # values of z
MARGIN = 0.02  # of axes at quantiles


def draw_encodings(  # noqa: PLR0913  a keyword per array
    *,
    dataset: np.ndarray,  # its title
    class_names: np.ndarray,  # [classes]
    label: np.ndarray,  # [images]
    loc: np.ndarray,  # [images, latent], posterior means
    rate_by_dimension: np.ndarray,  # [latent], nats per image
    prior_loc: np.ndarray,  # [components, latent], Gaussians of an equal mixture
    prior_scale: np.ndarray,  # [components, latent]
) -> Figure:
    """Draw posterior means of images by class, over the prior.

    With the standard prior, the axes show its quantiles, as in the manifold, so that
    equal areas have equal mass. Of more than two dimensions, the two with the highest
    rates are drawn. A single dimension is drawn against the class, with random offsets.
    """
    figure = Figure(figsize=(4.8, 4.2), layout="constrained")
    axes = figure.subplots()
    names = [shorten(name) for name in class_names]
    if not 0 < len(names) <= MAX_CLASSES:  # one class without a name
        names, label = [""], np.zeros_like(label)
    rate = rate_by_dimension
    shown = np.sort(np.argsort(-rate, kind="stable")[:2])
    labels = [f"$z_{{{d + 1}}}$   (rate {rate[d]:.2f} nats)" for d in shown] + ["class"]
    title = f"Posterior means of {len(loc):,} test images of {dataset}"
    if len(rate) == 1:
        points = np.column_stack([loc[:, 0], _in_rows(label)])
        axes.set_yticks(range(len(names)), names)
        prior = _draw_prior_intervals(axes, prior_loc, prior_scale)
    else:
        points = loc[:, shown]
        axes.set_aspect("equal")
        if not prior_loc.any() and np.all(prior_scale == 1):
            points = normal_cdf(points)
            prior = _draw_quantile_axes(axes)
            title += ",\nat quantiles of the prior"
        else:
            gaussians = prior_loc[:, shown], prior_scale[:, shown]
            prior = _draw_prior_contours(axes, *gaussians)
    if len(rate) > 2:
        title += f"; the two most informative of {len(rate)} dimensions"
    axes.set(title=title, xlabel=labels[0], ylabel=labels[1])
    axes.plot([], [], label=f"prior: {prior}", **REFERENCE)
    _scatter_by_class(axes, names, label, points)
    figure.legend(loc="outside right center", markerscale=3)
    return figure


def normal_cdf(z: np.ndarray) -> np.ndarray:
    """Compute the cumulative distribution function of the standard Gaussian."""
    # Rounded, as the error function differs in the last bits between systems.
    return np.round(np.vectorize(NormalDist().cdf)(z.astype(float)), 6)


def _in_rows(label: np.ndarray) -> pd.Series:
    """Add offsets from -0.4 to 0.4, evenly spaced in each class, in random order."""
    rng, rows = np.random.default_rng(0), pd.Series(label).groupby(label)
    return rows.transform(lambda y: y + rng.permutation(np.linspace(-0.4, 0.4, len(y))))


def _draw_prior_intervals(axes: Axes, loc: np.ndarray, scale: np.ndarray) -> str:
    """Draw lines at standard deviations of a 1-D prior; return their description."""
    mean = loc.mean()
    deviation = np.sqrt(np.mean((loc - mean) ** 2 + scale**2))
    for distance in (-3, -2, -1, 1, 2, 3):
        axes.axvline(mean + distance * deviation, **REFERENCE)
    return "1, 2, 3 sd"


def _draw_quantile_axes(axes: Axes) -> str:
    """Draw standard deviations of the standard prior; return their description."""
    angles = np.linspace(0, 2 * np.pi, 200)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    for r in (1, 2):
        axes.plot(*normal_cdf(r * circle).T, zorder=3, **REFERENCE)
    labels = [str(z).replace("-", "\N{MINUS SIGN}") for z in QUANTILE_TICKS]
    ticks = normal_cdf(np.array(QUANTILE_TICKS))
    limits = (-MARGIN, 1 + MARGIN)
    axes.set(xlim=limits, ylim=limits)
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    return "1, 2 sd"


def _draw_prior_contours(axes: Axes, loc: np.ndarray, scale: np.ndarray) -> str:
    """Draw the regions with the SHARES of a 2-D prior; return their description."""
    low, high = (loc - 4 * scale).min(axis=0), (loc + 4 * scale).max(axis=0)
    ticks = np.linspace(low, high, PRIOR_POINTS).T
    across, up = (  # densities [points, components] along each axis
        np.exp(-0.5 * ((along[:, None] - center) / width) ** 2) / width
        for along, center, width in zip(ticks, loc.T, scale.T, strict=True)
    )
    density = np.einsum("jk,ik->ji", up, across)
    lines = {f"{name}s": value for name, value in REFERENCE.items()}
    axes.contour(*ticks, density, sorted({*region_levels(density)}), zorder=3, **lines)
    return PERCENTAGES


def _scatter_by_class(
    axes: Axes, names: list[str], label: np.ndarray, points: np.ndarray
) -> None:
    """Draw the points of each class with a color and a marker, and write its name."""
    order = np.random.default_rng(0).permutation(len(label))
    area = 5 * min(4, max(1, (2000 / len(points)) ** 0.5))
    styles = [
        {
            "s": area,
            "c": CLASS_COLORS[number % 10],
            "marker": CLASS_MARKERS[(number + number // 10) % 10],
            "alpha": 0.6,
            "linewidths": 0,
        }
        for number in range(len(names))
    ]
    for style, name in zip(styles, names, strict=True):  # for the legend
        axes.scatter([], [], label=name, **style | {"alpha": 1})
    for part in np.array_split(order, ROUNDS):
        for number in np.unique(label[part]):
            members = part[label[part] == number]
            axes.scatter(*points[members].T, **styles[number])
    look = {"weight": "bold", "ha": "center", "va": "center", "zorder": 4}
    look["size"] = 13 if max(map(len, names)) <= 2 else 8
    look["path_effects"] = [withStroke(linewidth=3, foreground="white")]
    for number, position in label_positions(names, label, points).items():
        axes.annotate(names[number], position, **look)


def label_positions(
    names: list[str], label: np.ndarray, points: np.ndarray
) -> dict[int, list[float]]:
    """Return a position [2] per class with many of its points and few others.

    It is the center of one of 40 x 40 cells over the points [points, 2]. In this cell
    and its neighbors, the class's count times its share is largest. Cells near other
    labels are excluded: a line of text is two cells high and a letter one cell wide,
    with two cells between. Classes with the largest values choose first.
    """
    total, *edges = np.histogram2d(*points.T, bins=40)
    scores = {}
    for number in np.unique(label):
        count, *_ = np.histogram2d(*points[label == number].T, bins=edges)
        scores[number] = _with_neighbors(count) ** 2 / _with_neighbors(total)
    x, y = np.indices(total.shape)
    cells = {}
    for number in sorted(scores, key=lambda number: -scores[number].max()):
        free = np.ones(total.shape, dtype=bool)
        for other, (other_x, other_y) in cells.items():
            letters = len(names[number]) + len(names[other])
            free &= (abs(x - other_x) >= 2 + letters / 2) | (abs(y - other_y) >= 3)
        score = np.where(free, scores[number], -1)
        cells[number] = np.unravel_index(score.argmax(), score.shape)
    return {
        number: [e[i : i + 2].mean() for e, i in zip(edges, cell, strict=True)]
        for number, cell in sorted(cells.items())
    }


def _with_neighbors(count: np.ndarray) -> np.ndarray:
    """Add to each cell the counts of the cells within two of it, and at least 1."""
    return np.maximum(convolve(count, np.ones((5, 5)), mode="constant"), 1)
