"""What the figures show of a trained model, as arrays: all that needs the decoder."""

import math
from statistics import NormalDist

import numpy as np

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf

from vae.evaluation import Encoding, decode
from vae.model import VAE, observations
from vae.noise import Purpose, standard_normal

SHOWN_DIGITS = 2  # images of each digit among the reconstructions
MANIFOLD_SIDE = 20  # images along each axis of the manifold
NUM_SAMPLES = 100
TRAVERSED = 10  # dimensions at most
TRAVERSAL = np.linspace(-3, 3, 11, dtype=np.float32)
POSTERIOR_POINTS = 121  # along each axis of the window around q(z|x)
POSTERIOR_WIDTH = 7.5  # half-width of that window in standard deviations of q(z|x)


def first_of_each_digit(label: np.ndarray, count: int) -> np.ndarray:
    """Indices of the first `count` images of each digit, digit by digit."""
    return np.concatenate(
        [np.flatnonzero(label == d)[:count] for d in np.unique(label)]
    )


def decoded_for_figures(
    vae: VAE,
    images: np.ndarray,
    label: np.ndarray,
    encoding: Encoding,
    log_evidence: np.ndarray | None,
    seed: int,
) -> dict[str, np.ndarray]:
    """All that suits the model's number of latent dimensions.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        label: digits [images].
        encoding: of these images.
        log_evidence: log p(x) of each [images], where it is known.
        seed: of the samples from the prior.
    """
    arrays = reconstructions(vae, images, label, encoding.loc)
    arrays |= prior_samples(vae, seed=seed)
    if vae.latent_dim > 1:
        arrays |= {"rates": encoding.rate}
    if vae.latent_dim == 2:
        few = first_of_each_digit(label, 1)[::2]
        few_encodings = Encoding(encoding.loc[few], encoding.scale[few], encoding.rate)
        arrays |= {"posterior_label": label[few]}
        arrays |= posteriors(vae, images[few], few_encodings, log_evidence[few])
        arrays |= manifold(vae)
    if vae.latent_dim > 2:
        arrays |= traversals(vae, encoding.loc[0], encoding.rate)
    return arrays


def reconstructions(
    vae: VAE, images: np.ndarray, label: np.ndarray, loc: np.ndarray
) -> dict[str, np.ndarray]:
    """The same few images in every run, and E[x|z] at their posterior means.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        label: digits [images].
        loc: posterior means [images, latent].
    """
    shown = first_of_each_digit(label, SHOWN_DIGITS)
    return {
        "shown_label": label[shown],
        "shown_input": images[shown],
        "shown_reconstruction": decode(vae, loc[shown]),
    }


def manifold(vae: VAE) -> dict[str, np.ndarray]:
    """E[x|z] for 2-D z that cut the prior into cells of equal mass.

    Returns:
        [side, side, pixels]: z_1 rises from left to right, z_2 from bottom to top.
    """
    levels = (np.arange(MANIFOLD_SIDE) + 0.5) / MANIFOLD_SIDE
    quantiles = np.float32([NormalDist().inv_cdf(level) for level in levels])
    z = np.stack(np.meshgrid(quantiles, quantiles[::-1]), axis=-1)
    images = decode(vae, z.reshape(-1, 2))
    return {"manifold": images.reshape(MANIFOLD_SIDE, MANIFOLD_SIDE, -1)}


def prior_samples(vae: VAE, *, seed: int) -> dict[str, np.ndarray]:
    """E[x|z] [samples, pixels] for z ~ p(z)."""

    @tf.function(jit_compile=True)
    def draw():
        shape = [NUM_SAMPLES, vae.latent_dim]
        return standard_normal(shape, seed=seed, purpose=Purpose.PRIOR_LATENTS, index=0)

    return {"samples": decode(vae, draw())}


def traversals(vae: VAE, start: np.ndarray, rate: np.ndarray) -> dict[str, np.ndarray]:
    """E[x|z] as one dimension at a time goes from -3 to 3.

    Args:
        vae: the trained model.
        start: z [latent] that the other dimensions keep.
        rate: of each dimension [latent]; the highest come first.

    Returns:
        the dimensions [rows], the images [rows, steps, pixels] and the moving
        coordinate [steps].
    """
    dimensions = np.argsort(-rate, kind="stable")[:TRAVERSED]
    z = np.tile(start, (len(dimensions), len(TRAVERSAL), 1))
    for row, dimension in zip(z, dimensions, strict=True):
        row[:, dimension] = TRAVERSAL
    images = decode(vae, z.reshape(-1, len(start)))
    return {
        "traversed": dimensions,
        "traversal": images.reshape(*z.shape[:2], -1),
        "traversal_z": TRAVERSAL,
    }


def posteriors(
    vae: VAE, images: np.ndarray, encoding: Encoding, log_evidence: np.ndarray
) -> dict[str, np.ndarray]:
    """The true posterior over 2-D z in a window around q(z|x), for a few images.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        encoding: of these images.
        log_evidence: log p(x) of each [images].

    Returns:
        q(z|x) and, for each image, the axes of its window [images, 2, points] and
        log p(z|x) there [images, points, points], z_1 along the last axis.
    """
    ticks = np.linspace(-POSTERIOR_WIDTH, POSTERIOR_WIDTH, POSTERIOR_POINTS)
    loc, scale = encoding.loc[..., None], encoding.scale[..., None]
    axes = (loc + scale * ticks).astype(np.float32)

    @tf.function(jit_compile=True)
    def log_joint(image, axes):
        z = tf.stack(tf.meshgrid(axes[0], axes[1]), axis=-1)  # [points, points, 2]
        z = tf.reshape(z, [-1, 2])
        log_likelihood = vae.likelihood.log_prob(observations(image), vae.decode(z))
        log_prior = -0.5 * tf.reduce_sum(tf.square(z), -1) - math.log(2 * math.pi)
        return tf.reshape(log_likelihood + log_prior, [POSTERIOR_POINTS] * 2)

    log_joints = np.stack([log_joint(i, a) for i, a in zip(images, axes, strict=True)])
    return {
        "posterior_loc": encoding.loc,
        "posterior_scale": encoding.scale,
        "posterior_axes": axes,
        "posterior_log_prob": (log_joints - log_evidence[:, None, None]),
    }
