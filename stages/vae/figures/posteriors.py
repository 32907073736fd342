"""The figure of the true posterior and q(z|x) of a few images."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from vae.figures.regions import DEVIATIONS, PERCENTAGES, region_levels
from vae.figures.style import REFERENCE, shorten

COLOR = "#bd1f01"  # of q(z|x)
INSET = 0.4  # size of an inset, as a share of its window
COVERED = 0.9  # mass in the window near q(z|x) that needs no inset


def draw_posteriors(  # noqa: PLR0913  a keyword per array
    *,
    class_names: np.ndarray,  # [classes]
    posterior_label: np.ndarray,  # [images]
    posterior_loc: np.ndarray,  # [images, 2], of q(z|x)
    posterior_scale: np.ndarray,  # [images, 2], of q(z|x)
    posterior_gap: np.ndarray,  # [images], log p(x) - ELBO in nats
    posterior_axes: np.ndarray,  # [images, windows, 2, points], z_1 and z_2
    posterior_log_prob: np.ndarray,  # [images, windows, points, points], log p(z|x)
) -> Figure:
    """Draw the true posterior of a few images (filled) beneath q(z|x) (lines), 2-D.

    Both are shown by the smallest regions that hold the SHARES of their mass. The first
    window is near q(z|x). If much of the posterior is outside, an inset shows the
    second window, which holds the whole posterior.
    """
    num_images = len(posterior_label)
    figure = Figure(figsize=(1.7 * num_images, 2.5), layout="constrained")
    for i, axes in enumerate(figure.subplots(1, num_images)):
        near, wide = zip(posterior_axes[i], posterior_log_prob[i], strict=True)
        draw_density(axes, *near)
        for r in DEVIATIONS:
            size = 2 * r * posterior_scale[i]
            ellipse = Ellipse(posterior_loc[i], *size, fill=False, color=COLOR, lw=1)
            axes.add_patch(ellipse)
        draw_scale_bar(axes)
        ticks, log_prob = near
        if np.exp(log_prob).sum() * np.prod(ticks[:, 1] - ticks[:, 0]) < COVERED:
            draw_inset(axes, near, wide)
        name = shorten(str(class_names[posterior_label[i]])) if len(class_names) else ""
        axes.set_title(f"{name}\ngap {posterior_gap[i]:.1f} nats")
    figure.suptitle(
        f"$p(z|x)$ filled, $q(z|x)$ as lines, at {PERCENTAGES} of their mass; "
        "gap: log $p(x)$ - ELBO",
        fontsize="medium",
    )
    return figure


def draw_density(axes: Axes, ticks: np.ndarray, log_prob: np.ndarray) -> None:
    """Fill the regions of a density that hold the SHARES of its mass in a window."""
    density = np.exp(log_prob - log_prob.max())
    levels = sorted({*region_levels(density), 1.0})  # equal if a cell holds most
    if len(levels) > 1:
        axes.contourf(*ticks, density, levels, cmap="Blues", vmin=-0.3)
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[], xlim=ticks[0, [0, -1]], ylim=ticks[1, [0, -1]])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("0.8")


def draw_scale_bar(axes: Axes) -> None:
    """Draw a scale bar of a round length, at most a third of the window."""
    low, high = axes.get_xlim()
    power = 10.0 ** np.floor(np.log10((high - low) / 3))
    length = max(m * power for m in (1, 2, 5) if m * power <= (high - low) / 3)
    transform = axes.get_xaxis_transform()
    start = low + 0.06 * (high - low)
    axes.plot([start, start + length], [0.06, 0.06], "k", lw=2, transform=transform)
    axes.text(start, 0.09, f"{length:g}", fontsize="small", transform=transform)


def draw_inset(
    axes: Axes, near: tuple[np.ndarray, ...], wide: tuple[np.ndarray, ...]
) -> None:
    """Draw the wide window in a corner of the near one, and the near one's outline."""
    inset = axes.inset_axes((*emptiest_corner(near[1]), INSET, INSET))
    draw_density(inset, *wide)
    draw_scale_bar(inset)
    (left, right), (bottom, top) = near[0][:, [0, -1]]
    size, style = (right - left, top - bottom), REFERENCE | {"linestyle": "-"}
    inset.add_patch(Rectangle((left, bottom), *size, fill=False, **style))


def emptiest_corner(log_prob: np.ndarray) -> tuple[float, float]:
    """Return the corner (z_1, z_2) where an inset covers least mass, in window shares.

    The lower left corner is not used, because it has the scale bar.
    """
    density, middle = np.exp(log_prob), len(log_prob) // 2
    low, high = 0.02, 0.98 - INSET
    mass = {
        (high, high): density[middle:, middle:].sum(),
        (high, low): density[:middle, middle:].sum(),
        (low, high): density[middle:, :middle].sum(),
    }
    return min(mass, key=mass.__getitem__)
