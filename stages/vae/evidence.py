"""log p(x): bounded by importance sampling, integrated where z has one or two axes."""

import math

import numpy as np

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf

from vae.model import VAE, log_mean_exp, observations
from vae.noise import Purpose, standard_normal

ROWS = 4000  # latents decoded at once; bounds memory, changes no draw
BLOCK = 8  # images at once at most, as the draws of each are compiled one by one

# The grid of the quadrature: its half-width in standard deviations of the prior, how
# much denser it is in the centre, where posteriors are narrow, than at the ends
# (cosh 3 = 10 times), and points an axis by the number of latent dimensions.
GRID_LIMIT = 6.0
GRID_WARP = 3.0
GRID_POINTS = {1: 2001, 2: 351}


def sample_counts(num_samples: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, ... below the number of samples, and that number."""
    powers = [10**exponent for exponent in range(len(str(num_samples)))]
    counts = [factor * power for power in powers for factor in (1, 2, 5)]
    return [count for count in counts if count < num_samples] + [num_samples]


def iwae_bounds(
    vae: VAE, images: np.ndarray, *, num_samples: int, seed: int
) -> np.ndarray:
    """Importance-weighted bounds on log p(x) with more and more samples.

        bound(k) = E log 1/k sum_i p(x, z_i) / q(z_i|x),  z_i ~ q(z|x)

    Its expectation rises with k from the ELBO towards log p(x). For fewer samples than
    were drawn, the mean over as many disjoint groups as there are. The noise of an
    image depends on its place in the split alone.

    Source: Burda et al. (2016), arXiv 1509.00519.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        num_samples: drawn for each image.
        seed: of the draws.

    Returns:
        float64 [images, counts] in nats, with the counts of `sample_counts`.
    """

    @tf.function(jit_compile=True)
    def block_bounds(block, places):
        noise = [
            standard_normal(
                [num_samples, vae.latent_dim],
                seed=seed,
                purpose=Purpose.IMPORTANCE_LATENTS,
                index=places[i],
            )
            for i in range(len(block))
        ]
        noise = tf.stack(noise, axis=1)  # [samples, block, latent]
        chunks = [noise[i : i + ROWS] for i in range(0, num_samples, ROWS)]
        x = observations(block)
        log_weights = tf.concat([vae.terms(x, c).log_weights for c in chunks], axis=0)
        bounds = [_mean_bound(log_weights, k) for k in sample_counts(num_samples)]
        return tf.stack(bounds, axis=-1)  # [block, counts]

    places = np.arange(len(images), dtype=np.int32)
    size = max(1, min(BLOCK, ROWS // num_samples))
    blocks = [slice(i, i + size) for i in range(0, len(images), size)]
    bounds = [block_bounds(images[block], places[block]) for block in blocks]
    return np.concatenate(bounds).astype(np.float64)


def _mean_bound(log_weights: tf.Tensor, count: int) -> tf.Tensor:
    """The bound with `count` samples [batch], of log weights [samples, batch]."""
    num_groups = log_weights.shape[0] // count
    groups = tf.reshape(
        log_weights[: num_groups * count], [count, num_groups, log_weights.shape[1]]
    )
    return tf.reduce_mean(log_mean_exp(groups), axis=0)


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
    coarser = [
        np.where(index.ravel() % 2 == 0, log_prior_mass + math.log(2), -np.inf)
        for index in indices
    ]
    inner = np.abs(z).max(axis=1) <= 0.9 * GRID_LIMIT
    narrower = np.where(inner, log_prior_mass, -np.inf)
    log_masses = np.float32([log_prior_mass, *coarser, narrower])  # [grids, points]

    @tf.function(jit_compile=True)
    def block_evidence(images, z, log_masses):
        output = vae.decode(z)
        log_likelihood = vae.likelihood.log_prob_pairs(observations(images), output)
        sums = [
            tf.reduce_logsumexp(log_likelihood + log_mass, axis=-1)
            for log_mass in tf.unstack(log_masses)
        ]
        return tf.stack(sums)  # [grids, images]

    images = tf.constant(images)
    blocks = [slice(i, i + ROWS) for i in range(0, len(z), ROWS)]
    sums = [block_evidence(images, z[b], log_masses[:, b]) for b in blocks]
    evidence = tf.reduce_logsumexp(tf.stack(sums), axis=0).numpy().astype(np.float64)
    whole, *others = evidence.mean(axis=1)
    return evidence[0], max(abs(other - whole) for other in others)


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
