"""log p(x) and the true posterior by quadrature, for z of one or two dimensions."""

import math

import numpy as np

from vae.evaluation.chunks import in_blocks, map_chunks
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.gaussians import LIMIT, mixture_extent
from vae.numerics.pixels import observations
from vae.numerics.products import product
from vae.priors import Prior

# Points and images per chunk. The arrays are larger than 32 MiB, so glibc returns their
# memory when it is freed; smaller arrays would fragment the memory.
POINTS = 4000
IMAGES = 1000

# For the standard prior the grid is cosh(WARP) = 10 times denser in the center, where
# posteriors are narrow, than at the ends.
WARP = 3.0
TINY = 1e-37  # keeps the log finite if a grid misses a posterior


def log_evidence(
    vae: VAE, images: np.ndarray, *, num_points: int
) -> tuple[np.ndarray, float]:
    """Compute log p(x) = log integral p(x|z) p(z) dz by the trapezoidal rule.

    The rule converges exponentially in the spacing for smooth integrands that vanish at
    the ends of the grid. Other grids check that it is fine and wide enough: one per
    axis with every second point, and one that is narrower by a tenth.

    Returns:
        log p(x), float64 [images] in nats; and the largest change of its mean over the
        images with any of the other grids.
    """
    z, log_prior_mass, share = prior_grid(vae.prior.frozen(), num_points)
    indices = np.indices([num_points] * vae.latent_dim)
    coarser = [2 * (index.ravel() % 2 == 0) for index in indices]
    narrower = share <= 0.9
    grids = [np.ones(len(z)), *coarser, narrower]
    factors = np.array(grids, np.float32).T  # [points, grids]
    blocks = tf.constant(in_blocks(images, IMAGES))

    @tf.function(jit_compile=True)
    def chunk_sums(z, log_prior_mass, factors):
        def block_sums(block):
            log_likelihood = vae.log_likelihood_pairs(observations(block), z)
            log_mass = log_likelihood + log_prior_mass  # [block, points]
            largest = tf.reduce_max(log_mass, axis=-1, keepdims=True)
            sums = product(tf.exp(log_mass - largest), factors)  # [block, grids]
            return largest + tf.math.log(tf.maximum(sums, TINY))

        sums = tf.map_fn(block_sums, blocks, fn_output_signature=tf.float32)
        return (tf.reshape(sums, [1, -1, factors.shape[1]])[:, : len(images)],)

    (sums,) = map_chunks(
        chunk_sums, z, log_prior_mass, factors, size=POINTS, title="log p(x) on a grid"
    )  # [chunks, images, grids]
    evidence = tf.reduce_logsumexp(sums, axis=0).numpy().astype(np.float64)
    mean, *others = evidence.mean(axis=0)
    return evidence[:, 0], max(abs(other - mean) for other in others)


def prior_grid(
    prior: Prior, num_points: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make the grid of the quadrature, which is denser at the center of the prior.

    Along each axis z = center + core * u, u = LIMIT * sinh(warp * t) / sinh(WARP), with
    t evenly spaced from -1 to 1. For the standard prior center, core and warp are 0, 1
    and WARP. The core of a mixture holds its innermost quarter of components; a larger
    warp lets the axis reach the others, which are often wide and far out.

    Returns:
        the points, float32 [points, latent]; log p(z) dz [points]; and their largest
        distance from the center along an axis, as a share of half the axis [points].
    """
    center, core, stretch = mixture_extent(*prior.components())

    @tf.function(jit_compile=True)  # NumPy's functions differ between CPUs
    def grid(t, step):
        factor = LIMIT / math.sinh(WARP)
        warp = WARP + tf.math.log(stretch)
        axes = factor * tf.sinh(warp * t)  # float64 [axis points, latent]
        log_steps = tf.math.log(factor * warp * step * tf.cosh(warp * t))
        z = tf.cast(center + core * grid_points(axes), tf.float32)
        log_volume = tf.reduce_sum(grid_points(log_steps + tf.math.log(core)), axis=-1)
        log_mass = prior.log_prob(z) + tf.cast(log_volume, tf.float32)
        return z, log_mass, tf.reduce_max(grid_points(tf.abs(axes) / axes[-1]), axis=-1)

    t, step = np.linspace(-1, 1, num_points, retstep=True)
    return tuple(tensor.numpy() for tensor in grid(t[:, None], step))


def grid_points(axes: tf.Tensor) -> tf.Tensor:
    """Return all points [points, latent] of a grid with axes [axis points, latent]."""
    columns = tf.meshgrid(*tf.unstack(axes, axis=-1), indexing="ij")
    return tf.reshape(tf.stack(columns, axis=-1), [-1, axes.shape[-1]])


def posterior_moments(
    vae: VAE, images: np.ndarray, *, num_points: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and standard deviation of p(z|x), float32 [images, latent].

    Each chunk has some points and all images, so the number of images must be small.
    """
    z, log_prior_mass, _ = prior_grid(vae.prior.frozen(), num_points)

    @tf.function(jit_compile=True)
    def chunk_log_mass(z, log_prior_mass):
        log_likelihood = vae.log_likelihood_pairs(observations(images), z)
        return (tf.transpose(log_likelihood + log_prior_mass),)

    @tf.function(jit_compile=True)
    def moments(z, log_mass):
        share = tf.nn.softmax(log_mass, axis=0)[..., None]  # [points, images, 1]
        mean = tf.reduce_sum(share * z[:, None], axis=0)
        variance = tf.reduce_sum(share * (z[:, None] - mean) ** 2, axis=0)
        return mean, tf.sqrt(variance)

    (log_mass,) = map_chunks(
        chunk_log_mass, z, log_prior_mass, size=POINTS, title="true posteriors"
    )  # [points, images]
    return tuple(tensor.numpy() for tensor in moments(z, log_mass))
