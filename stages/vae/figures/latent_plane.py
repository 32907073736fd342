"""The latent plane: where images are encoded, and how well q(z|x) fits."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from vae.figures.style import CLASS_COLORS, CLASS_MARKERS, REFERENCE

PRIOR_POINTS = 300  # along each axis, for the contours of a learned prior
DEVIATIONS = (1, 2, 3)  # standard deviations at which Gaussians are outlined
# Mass of a Gaussian in the plane within these.
SHARES = [1 - np.exp(-0.5 * r**2) for r in DEVIATIONS]
PERCENTAGES = ", ".join(f"{share:.0%}" for share in SHARES)


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
    """Draw posterior means of images by class, over the prior's contours.

    Of more than two latent dimensions, the two with the highest rate are drawn. A
    single one is drawn against the class; the means of a class are spread at random
    across its row, so that their density can be seen.
    """
    figure = Figure(figsize=(4.8, 4.4), layout="constrained")
    axes = figure.subplots()
    rate = rate_by_dimension
    shown = np.sort(np.argsort(-rate, kind="stable")[:2])
    names = [f"$z_{{{d + 1}}}$   (rate {rate[d]:.2f} nats)" for d in shown]
    title = f"Posterior means of {len(loc):,} test images of {dataset}"
    axes.set_xlabel(names[0])
    if len(rate) == 1:
        points = np.column_stack([loc[:, 0], label + _offsets_in_rows(label)])
        axes.set_ylabel("class")
        classes = np.unique(label)
        axes.set_yticks(classes, class_names[classes])
        prior = _draw_prior_intervals(axes, prior_loc, prior_scale)
    else:
        points = loc[:, shown]
        axes.set_ylabel(names[1])
        axes.set_aspect("equal")
        prior = _draw_prior_contours(axes, prior_loc[:, shown], prior_scale[:, shown])
    axes.plot([], [], label=f"prior: {prior}", **REFERENCE)
    if len(rate) > 2:
        title += f",\nthe two most informative of {len(rate)} dimensions"
    axes.set_title(title)
    _scatter_by_class(axes, class_names, label, points)
    legend = figure.legend(loc="outside right center", markerscale=3)
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return figure


def _offsets_in_rows(label: np.ndarray) -> np.ndarray:
    """Return offsets [images] from -0.4 to 0.4, evenly spaced in each class."""
    rng = np.random.default_rng(0)
    offsets = np.empty(len(label))
    for number in np.unique(label):
        members = label == number
        offsets[members] = rng.permutation(np.linspace(-0.4, 0.4, members.sum()))
    return offsets


def _draw_prior_intervals(axes: Axes, loc: np.ndarray, scale: np.ndarray) -> str:
    """Draw lines at standard deviations of a 1-D prior; return what they show."""
    mean = loc.mean()
    deviation = np.sqrt(np.mean((loc - mean) ** 2 + scale**2))
    for distance in (-3, -2, -1, 1, 2, 3):
        axes.axvline(mean + distance * deviation, **REFERENCE)
    return "1, 2, 3 sd"


def _draw_prior_contours(axes: Axes, loc: np.ndarray, scale: np.ndarray) -> str:
    """Draw the smallest regions that hold the SHARES of a 2-D prior; name them."""
    if len(loc) == 1:
        _draw_ellipses(axes, loc[0], scale[0], zorder=3, **REFERENCE)
        return "1, 2, 3 sd"
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


def _draw_ellipses(
    axes: Axes, loc: np.ndarray, scale: np.ndarray, **style: object
) -> None:
    """Draw a Gaussian in the plane by its standard deviations."""
    for r in DEVIATIONS:
        axes.add_patch(Ellipse(loc, *(2 * r * scale), fill=False, **style))


def _scatter_by_class(
    axes: Axes, class_names: np.ndarray, label: np.ndarray, points: np.ndarray
) -> None:
    """Give each class a color, a shape and a written label."""
    size = 13 if max(map(len, class_names)) <= 2 else 8
    for number, position in label_positions(class_names, label, points).items():
        axes.scatter(
            *points[label == number].T,
            s=5,
            c=CLASS_COLORS[number % len(CLASS_COLORS)],
            marker=CLASS_MARKERS[number % len(CLASS_MARKERS)],
            alpha=0.6,
            linewidths=0,
            label=class_names[number],
        )
        axes.annotate(
            class_names[number],
            position,
            size=size,
            weight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=3, foreground="white")],
            zorder=4,
        )


def label_positions(
    class_names: np.ndarray, label: np.ndarray, points: np.ndarray
) -> dict[int, list[float]]:
    """Return where each class prevails, [2]: many of its points and few others.

    It is the center of one of 40 x 40 cells over the points [points, 2]: that in which
    the class's count times its share is largest and no other label is in the way. A
    line of text is two cells high, a letter one cell wide, with a cell between. The
    classes that prevail most come first.
    """
    total, *edges = np.histogram2d(*points.T, bins=40)
    scores = {}
    for number in np.unique(label):
        count, *_ = np.histogram2d(*points[label == number].T, bins=edges)
        scores[number] = count**2 / np.maximum(total, 1)
    x, y = np.indices(total.shape)
    cells = {}
    for number in sorted(scores, key=lambda number: -scores[number].max()):
        free = np.ones(total.shape, dtype=bool)
        for other, (other_x, other_y) in cells.items():
            letters = len(class_names[number]) + len(class_names[other])
            free &= (abs(x - other_x) >= 1 + letters / 2) | (abs(y - other_y) >= 2)
        score = np.where(free, scores[number], -1)
        cells[number] = np.unravel_index(score.argmax(), score.shape)
    return {
        number: [e[i : i + 2].mean() for e, i in zip(edges, cell, strict=True)]
        for number, cell in sorted(cells.items())
    }


def draw_posteriors(  # noqa: PLR0913  a keyword per array
    *,
    class_names: np.ndarray,  # [classes]
    posterior_label: np.ndarray,  # [images]
    posterior_loc: np.ndarray,  # [images, 2], of q(z|x)
    posterior_scale: np.ndarray,  # [images, 2], of q(z|x)
    posterior_gap: np.ndarray,  # [images], log p(x) - ELBO in nats
    posterior_axes: np.ndarray,  # [images, 2, points], z_1 and z_2 of each window
    posterior_log_prob: np.ndarray,  # [images, points, points], log p(z|x) there
) -> Figure:
    """Draw the true posterior of a few images (filled) against q(z|x) (lines), 2-D.

    Both are shown by the smallest regions that hold the SHARES of their mass. The gap
    is KL(q(z|x) || p(z|x)).
    """
    num_images = len(posterior_label)
    figure = Figure(figsize=(1.7 * num_images, 2.4), layout="constrained")
    for i, axes in enumerate(figure.subplots(1, num_images)):
        density = np.exp(posterior_log_prob[i] - posterior_log_prob[i].max())
        levels = sorted({*region_levels(density), 1.0})  # equal where a cell holds most
        if len(levels) > 1:
            axes.contourf(*posterior_axes[i], density, levels, cmap="Blues", vmin=-0.3)
        style = {"color": "#bd1f01", "linewidth": 1}
        _draw_ellipses(axes, posterior_loc[i], posterior_scale[i], **style)
        name = class_names[posterior_label[i]]
        axes.set_title(f"{name}\ngap {posterior_gap[i]:.1f} nats")
        axes.set_xlabel("$z_1$")
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_locator(MaxNLocator(4))
    figure.axes[0].set_ylabel("$z_2$")
    figure.suptitle(
        f"$p(z|x)$ filled, $q(z|x)$ as lines, with {PERCENTAGES} of their mass; "
        "gap: log $p(x)$ - ELBO",
        fontsize="medium",
    )
    return figure


def region_levels(density: np.ndarray) -> list[float]:
    """Return densities at which regions end that hold the SHARES of all mass, falling.

    The density is given on a grid of equal cells, in any scale.
    """
    values = np.sort(density.ravel())[::-1]
    held = np.cumsum(values) / values.sum()
    return [float(values[np.searchsorted(held, share)]) for share in SHARES]
