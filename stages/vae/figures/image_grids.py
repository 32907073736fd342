"""Figures made of many small images.

Images are flat, [..., pixels]: inputs of the encoder are bytes, and decoded images are
E[x|z] in [0, 1]. `image_shape` is height and width. If `is_ink`, 0 is shown as white.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vae.figures.encodings import QUANTILE_TICKS, normal_cdf
from vae.figures.style import shorten
from vae.figures.tiles import GAP, tile


def _show(mosaic: np.ndarray, width: float) -> tuple[Figure, Axes]:
    """Return a figure of a mosaic, black on white; the width is in inches."""
    size = (width, width * mosaic.shape[0] / mosaic.shape[1])
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic, vmin=0, vmax=1, cmap="gray_r")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set(xticks=[], yticks=[])
    return figure, axes


def _label(
    axes: Axes, image_shape: np.ndarray, columns: Sequence[str], rows: Sequence[str]
) -> None:
    """Label the columns and the rows of a mosaic."""
    for set_ticks, size, labels in (
        (axes.set_xticks, image_shape[1], columns),
        (axes.set_yticks, image_shape[0], rows),
    ):
        set_ticks(np.arange(len(labels)) * (size + GAP) + (size - 1) / 2, labels)


def draw_reconstruction(
    *,
    class_names: np.ndarray,  # [classes]
    shown_label: np.ndarray,  # [rows, columns]
    shown_input: np.ndarray,  # [rows, columns, pixels]
    shown_reconstruction: np.ndarray,  # [rows, columns, pixels], at the posterior mean
    image_shape: np.ndarray,
    is_ink: np.ndarray,
) -> Figure:
    """Draw inputs above their reconstructions; name columns of a single class."""
    rows = np.stack([shown_input / 255, shown_reconstruction], axis=1)
    mosaic = tile(rows.reshape(-1, *rows.shape[2:]), image_shape, is_ink)
    figure, axes = _show(mosaic, width=min(8, 1.5 + 0.65 * shown_input.shape[1]))
    named = len(class_names) > 0 and (shown_label == shown_label[0]).all()
    names = [shorten(name) for name in class_names[shown_label[0]]] if named else []
    _label(axes, image_shape, names, ["input", "reconstruction"] * len(shown_input))
    return figure


def draw_manifold(
    *,
    manifold: np.ndarray,  # [side, side, pixels]
    manifold_z: np.ndarray,  # [side], z_1 from left to right, z_2 from bottom to top
    image_shape: np.ndarray,
    is_ink: np.ndarray,
) -> Figure:
    """Draw E[x|z] over the latent plane, cut into cells of equal mass in the prior."""
    figure, axes = _show(tile(manifold, image_shape, is_ink, gap=0), width=4.8)
    labels = [str(z).replace("-", "\N{MINUS SIGN}") for z in QUANTILE_TICKS]
    shares = normal_cdf(np.array(QUANTILE_TICKS))
    height, width = np.multiply(image_shape, len(manifold_z))
    axes.set_xticks(shares * width - 0.5, labels)
    axes.set_yticks((1 - shares) * height - 0.5, labels)
    axes.tick_params(length=3)
    axes.xaxis.tick_bottom()
    axes.set_title("$E[x|z]$, the decoder's mean,\nat quantiles of the prior")
    axes.set_xlabel("$z_1$")
    axes.set_ylabel("$z_2$")
    return figure


def draw_samples(
    *,
    samples: np.ndarray,  # [images, pixels], a square number of them
    image_shape: np.ndarray,
    is_ink: np.ndarray,
) -> Figure:
    """Draw E[x|z], not draws from p(x|z), for z drawn from the prior."""
    side = int(len(samples) ** 0.5)
    mosaic = tile(samples.reshape(side, side, -1), image_shape, is_ink)
    figure, axes = _show(mosaic, width=5)
    axes.set_title("$E[x|z]$, the decoder's mean, for $z$ from the prior")
    return figure


def draw_traversals(  # noqa: PLR0913  a keyword per array
    *,
    traversal_start: np.ndarray,  # [pixels], an input
    traversed: np.ndarray,  # [rows], indices of dimensions
    traversal: np.ndarray,  # [rows, steps, pixels]
    traversal_z: np.ndarray,  # [steps], values of the dimension
    rate_by_dimension: np.ndarray,  # [latent], nats per image
    image_shape: np.ndarray,
    is_ink: np.ndarray,
) -> Figure:
    """Draw E[x|z] while one dimension at a time varies, the highest rate on top.

    The other dimensions keep the posterior mean of the input in the first column.
    """
    start = np.full_like(traversal[:, :1], 0 if is_ink else 1)
    start[0] = traversal_start / 255
    rows = np.concatenate([start, traversal], axis=1)
    mosaic = tile(rows, image_shape, is_ink)
    figure, axes = _show(mosaic, width=7)
    shown, count = len(traversed), len(rate_by_dimension)
    which = f"the {shown} most informative of " if shown < count else ""
    axes.set_title(f"$E[x|z]$ along {which}{count} dimensions, from the input's mean")
    values = ["input", *(f"{z:g}" for z in traversal_z)]
    dimensions = [
        f"$z_{{{d + 1}}}$, {rate_by_dimension[d]:.2f} nats" for d in traversed
    ]
    _label(axes, image_shape, values, dimensions)
    return figure
