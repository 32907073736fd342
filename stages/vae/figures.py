"""The figures, drawn from arrays."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

# Ten colours made to be told apart by colour-blind readers (Petroff 2021, arXiv
# 2107.02270); in the scatter plot, shapes and labels say the same once more.
STYLE = [
    "petroff10",
    {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": "medium",
        "figure.dpi": 160,
        "font.size": 9,
        "image.cmap": "gray_r",
        "legend.frameon": False,
        "savefig.bbox": "tight",
        "savefig.dpi": 160,
    },
]
MARKERS = "osD^v<>PX*"
CONTOUR = {"color": "0.3", "linewidth": 0.8, "linestyle": "--"}


def draw_encodings(*, label: np.ndarray, loc: np.ndarray, rate: np.ndarray) -> Figure:
    """Posterior means of images by digit, over the prior's contours.

    Of more than two latent dimensions, the two that carry the highest rate. A single
    one is drawn against the digit, each mean shifted by its place within its class so
    that the density can be seen.

    Args:
        label: digit of each image [images].
        loc: posterior means [images, latent].
        rate: mean rate of each dimension [latent], nats per image.
    """
    figure = Figure(figsize=(6.4, 5.4), layout="constrained")
    axes = figure.subplots()
    informative = np.argsort(-rate, kind="stable")
    title = f"Posterior means of {len(loc):,} test images"
    first = informative[0]
    axes.set_xlabel(f"$z_{{{first + 1}}}$   (rate {rate[first]:.2f} nats)")
    if len(rate) == 1:
        points = np.column_stack([loc[:, 0], label + _spread_within(label)])
        axes.set_ylabel("digit")
        axes.set_yticks(np.unique(label))
        _draw_prior_intervals(axes)
    else:
        second = informative[1]
        points = loc[:, [first, second]]
        axes.set_ylabel(f"$z_{{{second + 1}}}$   (rate {rate[second]:.2f} nats)")
        axes.set_aspect("equal")
        _draw_prior_circles(axes)
    if len(rate) > 2:
        title += f",\nthe two most informative of {len(rate)} dimensions"
    axes.set_title(title)
    _scatter_by_digit(axes, label, points)
    legend = figure.legend(loc="outside right center", markerscale=3)
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return figure


def _spread_within(label: np.ndarray) -> np.ndarray:
    """Offsets in (-0.4, 0.4) [images], evenly spaced in the order of each class."""
    offsets = np.empty(len(label))
    for digit in np.unique(label):
        members = label == digit
        offsets[members] = np.linspace(-0.4, 0.4, members.sum())
    return offsets


def _draw_prior_circles(axes) -> None:
    """The prior's contours at one, two and three standard deviations."""
    for radius in (1, 2, 3):
        axes.add_patch(Circle((0, 0), radius, fill=False, zorder=3, **CONTOUR))
    axes.plot([], [], label="prior: 1, 2, 3 sd", **CONTOUR)


def _draw_prior_intervals(axes) -> None:
    """The same for one latent dimension."""
    for z in (-3, -2, -1, 1, 2, 3):
        axes.axvline(z, **CONTOUR)
    axes.plot([], [], label="prior: 1, 2, 3 sd", **CONTOUR)


def _scatter_by_digit(axes, label: np.ndarray, points: np.ndarray) -> None:
    """A colour, a shape and a written label for each digit."""
    for digit in np.unique(label):
        members = points[label == digit]
        marker = MARKERS[digit % len(MARKERS)]
        axes.scatter(
            *members.T, s=5, marker=marker, alpha=0.6, linewidths=0, label=digit
        )
        axes.annotate(
            str(digit),
            np.median(members, axis=0),
            size=13,
            weight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=3, foreground="white")],
            zorder=4,
        )


def draw_reconstruction(
    *, label: np.ndarray, images: np.ndarray, reconstruction: np.ndarray
) -> Figure:
    """Inputs above their reconstructions, a column for each digit.

    Args:
        label: digit of each image [images], the same number of images for each digit.
        images: uint8 [images, height, width], as the encoder saw them.
        reconstruction: E[x|z] at the posterior mean, in [0, 1], of the same shape.
    """
    digits, counts = np.unique(label, return_counts=True)
    per_digit, (height, width) = counts.min(), images.shape[1:]
    # rows of input and reconstruction in turn
    pairs = np.stack([images / 255.0, reconstruction], axis=1)
    grid = np.stack([pairs[label == d][:per_digit] for d in digits], axis=2)
    grid = grid.reshape(2 * per_digit, len(digits), height, width)
    grid = np.pad(grid, [(0, 0), (0, 0), (1, 1), (1, 1)])
    mosaic = grid.transpose(0, 2, 1, 3).reshape(
        2 * per_digit * (height + 2), len(digits) * (width + 2)
    )
    figure = Figure(figsize=(8, 8 * mosaic.shape[0] / mosaic.shape[1]), layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic, vmin=0, vmax=1)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set_xticks((np.arange(len(digits)) + 0.5) * (width + 2), digits)
    axes.set_yticks(
        (np.arange(2 * per_digit) + 0.5) * (height + 2),
        ["input", "reconstruction"] * per_digit,
    )
    return figure


def draw_history(history: Mapping[str, np.ndarray]) -> Figure:
    """ELBO, rate and distortion of training and validation images against the epoch.

    Args:
        history: the columns of `history.csv`.
    """
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    names = {"elbo": "ELBO", "rate": "rate", "distortion": "distortion"}
    for axes, (name, title) in zip(figure.subplots(1, 3), names.items(), strict=True):
        for split, line in {"train": "-", "validation": "--"}.items():
            axes.plot(history["epoch"], history[f"{split}_{name}"], line, label=split)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].set_ylabel("nats per image")
    figure.axes[0].legend()
    return figure
