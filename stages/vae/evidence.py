"""log p(x), integrated where z has one or two dimensions."""

import math

import numpy as np

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf

from vae.dense import product
from vae.model import VAE, observations

ROWS = 4000  # points decoded at once; bounds memory

# The grid of the quadrature: its half-width in standard deviations of the prior, how
# much denser it is in the centre, where posteriors are narrow, than at the ends
# (cosh 3 = 10 times), and points an axis by the number of latent dimensions.
GRID_LIMIT = 6.0
GRID_WARP = 3.0
GRID_POINTS = {1: 2001, 2: 451}
TINY = 1e-37  # keeps log finite where a grid misses the whole of a posterior


def has_quadrature(latent_dim: int) -> bool:
    """Whether `log_evidence` can integrate over so many dimensions."""
    return latent_dim in GRID_POINTS


def log_evidence(vae: VAE, images: np.ndarray) -> tuple[np.ndarray, float]:
    """log p(x) = log integral p(x|z) p(z) dz by the trapezoidal rule, for 1-D or 2-D z.

    The rule converges exponentially in the spacing for smooth integrands that vanish
    at the ends of the grid. Whether the grid is fine and wide enough is checked on
    others: one with every second point alone along each axis, and a narrower one (by
    a tenth).

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].

    Returns:
        log p(x), float64 [images] in nats; and by how much its mean over the images
        changes at most on any of the other grids.
    """
    z, log_prior_mass = (tensor.numpy() for tensor in prior_grid(vae.latent_dim))
    indices = np.indices([GRID_POINTS[vae.latent_dim]] * vae.latent_dim)
    coarser = [2 * (index.ravel() % 2 == 0) for index in indices]
    narrower = np.abs(z).max(axis=1) <= 0.9 * GRID_LIMIT
    factors = np.float32([np.ones(len(z)), *coarser, narrower]).T  # [points, grids]

    @tf.function(jit_compile=True)
    def block_evidence(images, z, log_prior_mass, factors):
        log_likelihood = vae.log_prob_pairs(observations(images), z)
        log_mass = log_likelihood + log_prior_mass  # [images, points]
        largest = tf.reduce_max(log_mass, axis=-1, keepdims=True)
        sums = product(tf.exp(log_mass - largest), factors)  # [images, grids]
        return largest + tf.math.log(tf.maximum(sums, TINY))

    images = tf.constant(images)
    blocks = [slice(i, i + ROWS) for i in range(0, len(z), ROWS)]
    sums = [block_evidence(images, z[b], log_prior_mass[b], factors[b]) for b in blocks]
    evidence = np.float64(tf.reduce_logsumexp(tf.stack(sums), axis=0))
    whole, *others = evidence.mean(axis=0)
    return evidence[:, 0], max(abs(other - whole) for other in others)


@tf.function(jit_compile=True)
def prior_grid(latent_dim: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Points of the quadrature, float32 [points, latent], and log p(z) dz [points].

    Along each axis z = limit * sinh(warp * t) / sinh(warp), t evenly from -1 to 1.
    """
    t, step = np.linspace(-1, 1, GRID_POINTS[latent_dim], retstep=True)
    factor = GRID_LIMIT / math.sinh(GRID_WARP)
    axis = factor * tf.sinh(GRID_WARP * t)  # float64 [points an axis]
    log_spacing = tf.math.log(factor * GRID_WARP * step * tf.cosh(GRID_WARP * t))
    log_mass = log_spacing - 0.5 * axis**2 - 0.5 * math.log(2 * math.pi)
    z = tf.meshgrid(*[axis] * latent_dim, indexing="ij")
    log_masses = sum(tf.meshgrid(*[log_mass] * latent_dim, indexing="ij"))
    points = tf.reshape(tf.stack(z, axis=-1), [-1, latent_dim])
    return tf.cast(points, tf.float32), tf.cast(
        tf.reshape(log_masses, [-1]), tf.float32
    )
