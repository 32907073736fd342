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


def _centres(count: int, size: int, gap: int = GAP) -> np.ndarray:
    """Of images of this size in a mosaic, along one axis."""
    return np.arange(count) * (size + gap) + (size - 1) / 2


def draw_reconstruction(
    *,
    class_names: np.ndarray,
    shown_label: np.ndarray,
    shown_input: np.ndarray,
    shown_reconstruction: np.ndarray,
    image_shape: np.ndarray,
) -> Figure:
    """Inputs above their reconstructions, a column for each class.

    Args:
        class_names: [classes].
        shown_label: classes [images], as many images of each.
        shown_input: uint8 [images, pixels], as the encoder saw them.
        shown_reconstruction: E[x|z] at the posterior mean, in [0, 1].
        image_shape: height and width.
    """
    classes, counts = np.unique(shown_label, return_counts=True)
    rows = []
    for i in range(counts.min()):
        chosen = [np.flatnonzero(shown_label == number)[i] for number in classes]
        rows += [shown_input[chosen] / 255, shown_reconstruction[chosen]]
    figure, axes = _show(tile(np.stack(rows), image_shape), width=8)
    height, width = image_shape
    axes.set_xticks(_centres(len(classes), width), class_names[classes])
    axes.set_yticks(
        _centres(len(rows), height), ["input", "reconstruction"] * counts.min()
    )
    return figure


def draw_manifold(
    *, manifold: np.ndarray, manifold_z: np.ndarray, image_shape: np.ndarray
) -> Figure:
    """E[x|z] over the latent plane, cut into cells that have equal mass in the prior.

    Args:
        manifold: [side, side, pixels], in [0, 1].
        manifold_z: values of z_1 from left to right and of z_2 from bottom to top,
            [side].
        image_shape: height and width.
    """
    figure, axes = _show(tile(manifold, image_shape, gap=0), width=4.8)
    height, width = image_shape
    shown = np.arange(0, len(manifold_z), 3)
    labels = [f"{manifold_z[i]:.1f}" for i in shown]
    places = _centres(len(manifold_z), np.array([[height], [width]]), gap=0)
    axes.set_xticks(places[1][shown], labels)
    axes.set_yticks(places[0][::-1][shown], labels)
    axes.xaxis.tick_bottom()
    axes.set_title("$E[x|z]$, the decoder's mean, at quantiles of the prior")
    axes.set_xlabel("$z_1$")
    axes.set_ylabel("$z_2$")
    return figure


def draw_samples(*, samples: np.ndarray, image_shape: np.ndarray) -> Figure:
    """E[x|z], not draws from p(x|z), for z drawn from the prior.

    Args:
        samples: [images, pixels], in [0, 1]; the number of images is a square.
        image_shape: height and width.
    """
    side = int(len(samples) ** 0.5)
    mosaic = tile(samples.reshape(side, side, -1), image_shape)
    figure, axes = _show(mosaic, width=5)
    axes.set_title("$E[x|z]$, the decoder's mean, for $z$ from the prior")
    return figure


def draw_traversals(
    *,
    traversal_start: np.ndarray,
    traversed: np.ndarray,
    traversal: np.ndarray,
    traversal_z: np.ndarray,
    rate_by_dimension: np.ndarray,
    image_shape: np.ndarray,
) -> Figure:
    """E[x|z] as one dimension at a time moves, the most informative dimension on top.

    The first column is the image whose posterior mean the other dimensions keep.

    Args:
        traversal_start: that image, uint8 [pixels], as the encoder saw it.
        traversed: dimensions [rows].
        traversal: [rows, steps, pixels], in [0, 1].
        traversal_z: values that the dimension takes [steps].
        rate_by_dimension: of all dimensions [latent], nats per image.
        image_shape: height and width.
    """
    start = np.zeros_like(traversal[:, :1])
    start[0] = traversal_start / 255
    mosaic = tile(np.concatenate([start, traversal], axis=1), image_shape)
    figure, axes = _show(mosaic, width=7)
    shown, count = len(traversed), len(rate_by_dimension)
    which = f"the {shown} most informative of " if shown < count else ""
    axes.set_title(f"$E[x|z]$ along {which}{count} dimensions, from the input's mean")
    height, width = image_shape
    values = [f"{z:g}" for z in traversal_z]
    axes.set_xticks(_centres(1 + len(values), width), ["input", *values])
    axes.set_yticks(
        _centres(shown, height),
        [f"$z_{{{d + 1}}}$, {rate_by_dimension[d]:.2f} nats" for d in traversed],
    )
    return figure
