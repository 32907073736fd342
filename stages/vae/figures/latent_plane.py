"""The latent plane: where images are encoded, and how well q(z|x) fits."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from vae.figures.style import CLASS_COLORS, CLASS_MARKERS, REFERENCE

PRIOR_POINTS = 300  # along each axis, for the contours of a learned prior
# Of a Gaussian in the plane within 1, 2 and 3 standard deviations.
SHARES = [1 - np.exp(-0.5 * r**2) for r in (1, 2, 3)]


def draw_encodings(
    *,
    dataset: np.ndarray,
    class_names: np.ndarray,
    label: np.ndarray,
    loc: np.ndarray,
    rate_by_dimension: np.ndarray,
    prior_loc: np.ndarray,
    prior_scale: np.ndarray,
) -> Figure:
    """Posterior means of images by class, over the prior's contours.

    Of more than two latent dimensions, the two that carry the highest rate. A single
    one is drawn against the class, the means of a class spread at random across its
    row so that their density can be seen.

    Args:
        dataset: its title.
        class_names: [classes].
        label: class of each image [images].
        loc: posterior means [images, latent].
        rate_by_dimension: means over the images [latent], nats per image.
        prior_loc: means of the Gaussians of which p(z) is an equal mixture,
            [components, latent].
        prior_scale: their standard deviations, likewise.
    """
    figure = Figure(figsize=(4.8, 4.4), layout="constrained")
    axes = figure.subplots()
    rate = rate_by_dimension
    shown = np.sort(np.argsort(-rate, kind="stable")[:2])
    names = [f"$z_{{{d + 1}}}$   (rate {rate[d]:.2f} nats)" for d in shown]
    title = f"Posterior means of {len(loc):,} test images of {dataset}"
    axes.set_xlabel(names[0])
    if len(rate) == 1:
        points = np.column_stack([loc[:, 0], label + _spread_within(label)])
        axes.set_ylabel("class")
        classes = np.unique(label)
        axes.set_yticks(classes, class_names[classes])
        _draw_prior_intervals(axes, prior_loc, prior_scale)
    else:
        points = loc[:, shown]
        axes.set_ylabel(names[1])
        axes.set_aspect("equal")
        _draw_prior_contours(axes, prior_loc[:, shown], prior_scale[:, shown])
    if len(rate) > 2:
        title += f",\nthe two most informative of {len(rate)} dimensions"
    axes.set_title(title)
    _scatter_by_class(axes, class_names, label, points)
    legend = figure.legend(loc="outside right center", markerscale=3)
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return figure


def _spread_within(label: np.ndarray) -> np.ndarray:
    """Offsets from -0.4 to 0.4 [images], evenly spaced within each class at random."""
    rng = np.random.default_rng(0)
    offsets = np.empty(len(label))
    for number in np.unique(label):
        members = label == number
        offsets[members] = rng.permutation(np.linspace(-0.4, 0.4, members.sum()))
    return offsets


def _draw_prior_contours(axes, loc: np.ndarray, scale: np.ndarray) -> None:
    """The smallest regions that hold the SHARES of p(z), in two dimensions."""
    label = "prior: 1, 2, 3 sd"
    if len(loc) == 1:
        for radius in (1, 2, 3):
            axes.add_patch(Circle((0, 0), radius, fill=False, zorder=3, **REFERENCE))
    else:
        label = "prior: " + ", ".join(f"{share:.0%}" for share in SHARES)
        low, high = (loc - 4 * scale).min(axis=0), (loc + 4 * scale).max(axis=0)
        ticks = np.linspace(low, high, PRIOR_POINTS)
        # [points, components] along each axis
        across, up = (
            np.exp(-0.5 * ((ticks[:, None, d] - loc[:, d]) / scale[:, d]) ** 2)
            / scale[:, d]
            for d in (0, 1)
        )
        density = np.einsum("jk,ik->ji", up, across)
        levels = region_levels(density)[::-1]
        color, width = REFERENCE["color"], REFERENCE["linewidth"]
        lines = {"colors": color, "linewidths": width, "linestyles": "--", "zorder": 3}
        axes.contour(*ticks.T, density, levels, **lines)
    axes.plot([], [], label=label, **REFERENCE)


def _draw_prior_intervals(axes, loc: np.ndarray, scale: np.ndarray) -> None:
    """One latent dimension: 1, 2 and 3 standard deviations from the prior's mean."""
    mean = loc.mean()
    deviation = np.sqrt(np.mean((loc - mean) ** 2 + scale**2))
    for distance in (-3, -2, -1, 1, 2, 3):
        axes.axvline(mean + distance * deviation, **REFERENCE)
    axes.plot([], [], label="prior: 1, 2, 3 sd", **REFERENCE)


def _scatter_by_class(
    axes, class_names: np.ndarray, label: np.ndarray, points: np.ndarray
) -> None:
    """A colour, a shape and a written label for each class."""
    size = 13 if max(map(len, class_names)) <= 2 else 8
    for number, place in label_places(class_names, label, points).items():
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
            place,
            size=size,
            weight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=3, foreground="white")],
            zorder=4,
        )


def label_places(
    class_names: np.ndarray, label: np.ndarray, points: np.ndarray
) -> dict[int, list[float]]:
    """Where each class prevails, [2]: many of its points, few others, no other label.

    Of 40 x 40 cells over the points [points, 2], the centre of the one in which the
    class's count times its share is largest and no other label is in the way: a line
    of text is two cells high, a letter one cell wide, with a cell between. The classes
    that prevail most come first.
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


def draw_posteriors(
    *,
    class_names: np.ndarray,
    posterior_label: np.ndarray,
    posterior_loc: np.ndarray,
    posterior_scale: np.ndarray,
    posterior_gap: np.ndarray,
    posterior_axes: np.ndarray,
    posterior_log_prob: np.ndarray,
) -> Figure:
    """The true posterior of a few images (filled) against q(z|x) (lines), 2-D.

    Both are shown by the smallest regions that hold 39, 86 and 99 % of their mass, for
    q(z|x) the ellipses at 1, 2 and 3 standard deviations.

    Args:
        class_names: [classes].
        posterior_label: classes [images].
        posterior_loc: means of q(z|x), [images, 2].
        posterior_scale: its standard deviations, [images, 2].
        posterior_gap: KL(q(z|x) || p(z|x)), which is log p(x) - ELBO, [images], nats.
        posterior_axes: z_1 and z_2 of each window [images, 2, points].
        posterior_log_prob: log p(z|x) there [images, points, points].
    """
    num_images = len(posterior_label)
    figure = Figure(figsize=(1.7 * num_images, 2.4), layout="constrained")
    for i, axes in enumerate(figure.subplots(1, num_images)):
        density = np.exp(posterior_log_prob[i] - posterior_log_prob[i].max())
        levels = [*region_levels(density)[::-1], 1]
        axes.contourf(*posterior_axes[i], density, levels, cmap="Blues", vmin=-0.3)
        for r in (1, 2, 3):
            width, height = 2 * r * posterior_scale[i]
            axes.add_patch(
                Ellipse(
                    posterior_loc[i], width, height, fill=False, color="#bd1f01", lw=1
                )
            )
        name = class_names[posterior_label[i]]
        axes.set_title(f"{name}\ngap {posterior_gap[i]:.1f} nats")
        axes.set_xlabel("$z_1$")
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_locator(MaxNLocator(4))
    figure.axes[0].set_ylabel("$z_2$")
    shares = ", ".join(f"{share:.0%}" for share in SHARES)
    figure.suptitle(
        f"$p(z|x)$ filled, $q(z|x)$ as lines, with {shares} of their mass; "
        "gap: log $p(x)$ - ELBO",
        fontsize="medium",
    )
    return figure


def region_levels(density: np.ndarray) -> list[float]:
    """Densities at which regions end that hold the SHARES of all mass, falling.

    Args:
        density: on a grid of equal cells, of any scale.
    """
    values = np.sort(density.ravel())[::-1]
    held = np.cumsum(values) / values.sum()
    return [float(values[np.searchsorted(held, share)]) for share in SHARES]
