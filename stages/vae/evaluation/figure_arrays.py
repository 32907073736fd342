"""Arrays from which the figures are drawn."""

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from vae.evaluation.elbo import decode
from vae.evaluation.measure import Split
from vae.evaluation.quadrature import posterior_moments
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.gaussians import log_standard_normal
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose
from vae.pipeline.schema import Evaluate

SHOWN_PER_CLASS = 2  # reconstructions
MAX_SHOWN_CLASSES = 20
MANIFOLD_SIDE = 20  # images along each axis of the manifold
NUM_SAMPLES = 100
MAX_TRAVERSED = 10  # dimensions
TRAVERSAL = np.linspace(-3, 3, 11, dtype=np.float32)
POSTERIOR_LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)  # quantiles of log p(x) - ELBO
POSTERIOR_POINTS = 161  # along each axis of a window
NEAR, WIDE = 7.0, 4.0  # half-widths of windows in standard deviations


def shown_images(label: np.ndarray) -> np.ndarray:
    """Return indices [rows, columns] of images, with a column per class.

    With a single class or many, they are the first ten or twenty images.
    """
    classes, counts = np.unique(label, return_counts=True)
    if not 1 < len(classes) <= MAX_SHOWN_CLASSES:
        return np.arange(min(20, len(label) // 10 * 10)).reshape(-1, 10)
    rows = min(SHOWN_PER_CLASS, counts.min())
    return np.stack([np.flatnonzero(label == d)[:rows] for d in classes], axis=1)


def figure_arrays(
    vae: VAE, test: Split, columns: Mapping[str, np.ndarray], settings: Evaluate
) -> dict[str, np.ndarray]:
    """Compute the arrays of all figures that suit the model.

    `columns` has the `elbo` of each test image and, if known, its `log_evidence`.
    """
    images, label, encoding, _ = test
    shown = shown_images(label)
    decoded = decode(vae, encoding.loc[shown.ravel()])
    shape, purpose = [NUM_SAMPLES, vae.latent_dim], Purpose.PRIOR_LATENTS
    noise = draw_standard_normal(shape, seed=settings.seed, purpose=purpose, index=0)
    draw = tf.function(vae.prior.frozen().draw, jit_compile=True)
    arrays = {
        "shown_label": label[shown],
        "shown_input": images[shown],
        "shown_reconstruction": decoded.reshape(*shown.shape, -1),
        "samples": decode(vae, draw(noise)),
    }
    if vae.latent_dim == 2 and vae.prior.is_standard:
        arrays |= manifold(vae)
    if vae.latent_dim == 2 and "log_evidence" in columns:
        gap = columns["log_evidence"] - columns["elbo"]
        ranks = [int(level * len(gap)) for level in POSTERIOR_LEVELS]
        chosen = np.argsort(gap, kind="stable")[ranks]
        arrays |= {"posterior_label": label[chosen]}
        arrays |= posteriors(
            vae,
            images[chosen],
            encoding.loc[chosen],
            encoding.scale[chosen],
            log_evidence=columns["log_evidence"][chosen],
            num_points=(settings.num_grid_points(2) + 1) // 2,  # enough for a window
        )
    if vae.latent_dim > 2:
        rates = encoding.rate_by_dimension
        arrays |= traversals(vae, images[0], encoding.loc[0], rates)
    return arrays


def latent_arrays(vae: VAE, test: Split) -> dict[str, np.ndarray]:
    """Return labels and q(z|x) of the test images, and the components of p(z)."""
    loc, scale = vae.prior.frozen().components()
    mixture = {"prior_loc": loc.numpy(), "prior_scale": scale.numpy()}
    return {"label": test.label, **test.encoding._asdict(), **mixture}


def manifold(vae: VAE) -> dict[str, np.ndarray]:
    """Compute E[x|z] for 2-D z at the centers of cells of equal prior mass.

    In `manifold` [side, side, pixels], z_1 rises from left to right and z_2 from bottom
    to top; `manifold_z` [side] has their values.
    """
    levels = (np.arange(MANIFOLD_SIDE) + 0.5) / MANIFOLD_SIDE
    quantiles = np.array([NormalDist().inv_cdf(p) for p in levels], np.float32)
    z = np.stack(np.meshgrid(quantiles, quantiles[::-1]), axis=-1)
    images = decode(vae, z.reshape(-1, 2))
    return {
        "manifold": images.reshape(MANIFOLD_SIDE, MANIFOLD_SIDE, -1),
        "manifold_z": quantiles,
    }


def traversals(
    vae: VAE, image: np.ndarray, loc: np.ndarray, rate_by_dimension: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute E[x|z] while one dimension at a time varies from -3 to 3.

    The others keep the posterior mean `loc` [latent] of the image. Dimensions with the
    highest rate come first. `traversal` is [dimensions, steps, pixels].
    """
    dimensions = np.argsort(-rate_by_dimension, kind="stable")[:MAX_TRAVERSED]
    z = np.tile(loc, (len(dimensions), len(TRAVERSAL), 1))
    for row, dimension in zip(z, dimensions, strict=True):
        row[:, dimension] = TRAVERSAL
    images = decode(vae, z.reshape(-1, len(loc)))
    return {
        "traversal_start": image,
        "traversed": dimensions,
        "traversal": images.reshape(*z.shape[:2], -1),
        "traversal_z": TRAVERSAL,
    }


def posteriors(
    vae: VAE,
    images: np.ndarray,
    loc: np.ndarray,
    scale: np.ndarray,
    *,
    log_evidence: np.ndarray,
    num_points: int,
) -> dict[str, np.ndarray]:
    """Compute log p(z|x) of a few images on windows of the latent plane.

    loc and scale [images, 2] are those of q(z|x). The quadrature for the windows has
    `num_points` along each axis.

    Returns:
        loc and scale of q(z|x); the gap log p(x) - ELBO = KL(q(z|x) || p(z|x))
        [images]; the axes [images, 2, 2, points] of two square windows, near q(z|x) and
        around the whole posterior; and log p(z|x) in the windows, [images, 2, points,
        points], with z_1 along the last axis.
    """
    mean, deviation = posterior_moments(vae, images, num_points=num_points)
    width = WIDE * np.stack([scale, deviation])
    centers = np.stack([loc, mean])
    low, high = (centers - width).min(axis=0), (centers + width).max(axis=0)
    middle = np.stack([loc, (low + high) / 2], axis=1)  # [images, windows, 2]
    half = [NEAR * scale.max(axis=1), (high - low).max(axis=1) / 2]
    ticks = np.linspace(-1, 1, POSTERIOR_POINTS, dtype=np.float32)
    axes = middle[..., None] + np.stack(half, axis=1)[..., None, None] * ticks

    @tf.function(jit_compile=True)
    def log_densities(image, loc, scale, log_evidence, axes):
        x = observations(image)
        z = tf.stack(tf.meshgrid(axes[0], axes[1]), axis=-1)  # [points, points, 2]
        log_likelihood = tf.map_fn(lambda row: vae.log_likelihood(x, row), z)
        log_true = log_likelihood + vae.prior.current().log_prob(z) - log_evidence
        log_q = tf.reduce_sum(log_standard_normal((z - loc) / scale), axis=-1)
        log_q -= tf.reduce_sum(tf.math.log(scale))
        share = tf.exp(log_q - tf.reduce_logsumexp(log_q))
        gap = tf.reduce_sum(share * (log_q - log_true))
        return log_true, gap

    log_prob, gaps = [], []
    each = zip(images, loc, scale, log_evidence.astype(np.float32), axes, strict=True)
    for *one, windows in each:
        near, wide = (log_densities(*one, window) for window in windows)
        log_prob.append([near[0], wide[0]])
        gaps.append(near[1])
    return {
        "posterior_loc": loc,
        "posterior_scale": scale,
        "posterior_gap": np.stack(gaps),
        "posterior_axes": axes,
        "posterior_log_prob": np.array(log_prob),
    }
