"""Figures made of many small images. Arrays come flat, [..., pixels]."""

import numpy as np
from matplotlib.figure import Figure

GAP = 2  # white pixels between images


def tile(images: np.ndarray, image_shape: np.ndarray, gap: int = GAP) -> np.ndarray:
    """One image of many: [rows, columns, pixels] to [height, width]."""
    rows, columns = images.shape[:2]
    height, width = image_shape
    images = images.reshape(rows, columns, height, width)
    images = np.pad(images, [(0, 0), (0, 0), (0, gap), (0, gap)])
    return images.transpose(0, 2, 1, 3).reshape(rows * (height + gap), -1)


def _show(mosaic: np.ndarray, width: float) -> tuple[Figure, object]:
    """A figure so many inches wide that holds the mosaic, black on white."""
    size = (width, width * mosaic.shape[0] / mosaic.shape[1])
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic, vmin=0, vmax=1, cmap="gray_r")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set(xticks=[], yticks=[])
    return figure, axes


def _centres(count: int, size: int) -> np.ndarray:
    """Of images of this size in a mosaic, along one axis."""
    return np.arange(count) * (size + GAP) + (size - 1) / 2


def draw_reconstruction(
    *,
    shown_label: np.ndarray,
    shown_input: np.ndarray,
    shown_reconstruction: np.ndarray,
    image_shape: np.ndarray,
) -> Figure:
    """Inputs above their reconstructions, a column for each digit.

    Args:
        shown_label: digits [images], as many images of each.
        shown_input: uint8 [images, pixels], as the encoder saw them.
        shown_reconstruction: E[x|z] at the posterior mean, in [0, 1].
        image_shape: height and width.
    """
    digits, counts = np.unique(shown_label, return_counts=True)
    rows = []
    for i in range(counts.min()):
        chosen = [np.flatnonzero(shown_label == digit)[i] for digit in digits]
        rows += [shown_input[chosen] / 255, shown_reconstruction[chosen]]
    figure, axes = _show(tile(np.stack(rows), image_shape), width=8)
    height, width = image_shape
    axes.set_xticks(_centres(len(digits), width), digits)
    axes.set_yticks(
        _centres(len(rows), height), ["input", "reconstruction"] * counts.min()
    )
    return figure


def draw_manifold(*, manifold: np.ndarray, image_shape: np.ndarray) -> Figure:
    """E[x|z] over the latent plane, cut into cells that have equal mass in the prior.

    Args:
        manifold: [rows, columns, pixels], in [0, 1].
        image_shape: height and width.
    """
    figure, axes = _show(tile(manifold, image_shape, gap=0), width=7)
    axes.set_xlabel("quantiles of $z_1$")
    axes.set_ylabel("quantiles of $z_2$")
    return figure


def draw_samples(*, samples: np.ndarray, image_shape: np.ndarray) -> Figure:
    """E[x|z] of draws from the prior.

    Args:
        samples: [images, pixels], in [0, 1]; the number of images is a square.
        image_shape: height and width.
    """
    side = int(len(samples) ** 0.5)
    mosaic = tile(samples.reshape(side, side, -1), image_shape)
    return _show(mosaic, width=5)[0]


def draw_traversals(
    *,
    traversed: np.ndarray,
    traversal: np.ndarray,
    traversal_z: np.ndarray,
    rate: np.ndarray,
    image_shape: np.ndarray,
) -> Figure:
    """E[x|z] as one dimension at a time moves, the most informative dimension on top.

    Args:
        traversed: dimensions [rows].
        traversal: [rows, steps, pixels], in [0, 1].
        traversal_z: values that the dimension takes [steps].
        rate: of all dimensions [latent], nats per image.
        image_shape: height and width.
    """
    figure, axes = _show(tile(traversal, image_shape), width=7)
    if len(traversed) < len(rate):
        shown = f"the {len(traversed)} most informative of {len(rate)} dimensions"
        axes.set_title(shown)
    height, width = image_shape
    axes.set_xticks(_centres(len(traversal_z), width), [f"{z:g}" for z in traversal_z])
    axes.set_yticks(
        _centres(len(traversed), height),
        [f"$z_{{{d + 1}}}$, {rate[d]:.2f} nats" for d in traversed],
    )
    return figure
