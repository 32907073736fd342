"""The two parts of log p(x) - ELBO (Cremer et al. 2018, arXiv 1801.03558).

    approximation gap = log p(x) - ELBO(best Gaussian)
    amortization gap = ELBO(best Gaussian) - ELBO(the encoder's Gaussian)

The best Gaussian with independent dimensions is found for each image by Adam from
several starts. With one or two latent dimensions, Gauss-Hermite quadrature computes
ELBOs without sampling. With more, they are means over samples: the search draws new
ones at each step, and the reported values are from others.
"""

import math

import numpy as np
from scipy.special import roots_hermitenorm

from vae.evaluation.chunks import map_chunks
from vae.evaluation.proposals import highest
from vae.evaluation.search import explore_prior
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.gaussians import log_standard_normal
from vae.numerics.noise import standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import SPLITS, Purpose

CHUNK = 20  # images per chunk
NUM_EXPLORED = 3  # starts at samples of the prior; one more is at the encoder's loc
NUM_STEPS = 200  # of Adam
LEARNING_RATE = 0.1  # in scales of the encoder's q(z|x); decays to 0 as a cosine
NODES, FINAL_NODES = 5, 20  # per axis: during Adam, and for the reported values
SAMPLES, FINAL_SAMPLES = 16, 512  # in place of nodes, with three dimensions and more


def gaps(
    vae: VAE, images: np.ndarray, log_evidence: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Compute both gaps of each image, float64 [images] in nats.

    `log_evidence` is log p(x) [images], or a lower bound on it. Then the approximation
    gap is too small by the distance of this bound.
    """

    @tf.function(jit_compile=True)
    def chunk_elbos(images, indices, prior_z, prior_log_likelihood):
        x = observations(images)
        loc, scale = vae.posterior(x)
        prior_z = tf.transpose(prior_z, [1, 0, 2])  # [explored, batch, latent]
        log_joint = tf.transpose(prior_log_likelihood)
        log_joint += vae.prior.current().log_prob(prior_z)
        starts = [loc[None], highest(prior_z, log_joint, NUM_EXPLORED)]
        starts = tf.concat(starts, axis=0)
        scales = tf.broadcast_to(scale, starts.shape)
        found = maximize_elbo(vae, x, starts, scales, seed=seed)
        nodes = final_nodes(vae.latent_dim, indices, seed=seed)
        found = tf.reduce_max(elbo(vae, x, *found, *nodes), axis=0)
        return found, elbo(vae, x, loc[None], scale[None], *nodes)[0]

    found, encoded = map_chunks(
        chunk_elbos,
        images,
        np.arange(len(images), dtype=np.int32),
        *explore_prior(vae, images, seed=seed),
        size=CHUNK,
        title="best Gaussian per image",
    )
    return {
        "approximation_gap": log_evidence - found,
        "amortization_gap": np.float64(found) - encoded,
    }


def maximize_elbo(
    vae: VAE, x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, *, seed: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Maximize the ELBO over Gaussians by Adam (Kingma and Ba 2015, arXiv 1412.6980).

    Both the initial and the returned loc and scale are [starts, batch, latent].
    """

    def gaussian(moves):
        return loc + scale * moves[0], scale * tf.exp(moves[1])

    def step(i, moves, mean, square):
        nodes = search_nodes(vae.latent_dim, i, seed=seed)
        with tf.GradientTape() as tape:
            tape.watch(moves)
            value = tf.reduce_sum(elbo(vae, x, *gaussian(moves), *nodes))
        gradient = tape.gradient(value, moves)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * tf.square(gradient)
        done = tf.cast(i + 1, tf.float32)
        rate = 0.5 * LEARNING_RATE * (1.0 + tf.cos(math.pi * done / NUM_STEPS))
        first, second = 1.0 - 0.9**done, 1.0 - 0.99**done
        moves += rate * mean / first / (tf.sqrt(square / second) + 1e-6)
        return i + 1, moves, mean, square

    nothing = tf.zeros([2, *loc.shape])
    _, moves, *_ = tf.while_loop(
        lambda i, *_: i < NUM_STEPS, step, (0, nothing, nothing, nothing)
    )
    return gaussian(moves)


def elbo(
    vae: VAE,
    x: tf.Tensor,
    loc: tf.Tensor,
    scale: tf.Tensor,
    noise: tf.Tensor,
    shares: tf.Tensor,
) -> tf.Tensor:
    """Compute E_q[log p(x, z) - log q(z)], [starts, batch] in nats.

    The Gaussians q are [starts, batch, latent]. The expectation is a sum over nodes:
    `noise` is [nodes, 1, batch or 1, latent], and `shares` are weights [nodes, 1, 1].
    """
    z = loc + scale * noise  # [nodes, starts, batch, latent]
    log_joint = vae.log_likelihood(x, z) + vae.prior.current().log_prob(z)
    log_q = log_standard_normal(noise) - tf.math.log(scale)
    return tf.reduce_sum(shares * (log_joint - tf.reduce_sum(log_q, axis=-1)), axis=0)


def search_nodes(
    latent_dim: int, step: tf.Tensor, *, seed: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return noise and shares of the nodes of a step of the search, as for `elbo`."""
    if latent_dim <= 2:
        return gauss_hermite(latent_dim, NODES)
    shape = [SAMPLES // 2, 1, 1, latent_dim]
    return mirrored(_noise(shape, seed, step))


def final_nodes(
    latent_dim: int, indices: tf.Tensor, *, seed: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return noise and shares of the nodes of the reported ELBOs, as for `elbo`.

    The noise of an image depends only on its index and the seed.
    """
    if latent_dim <= 2:
        return gauss_hermite(latent_dim, FINAL_NODES)
    shape = [FINAL_SAMPLES // 2, latent_dim]
    noise = tf.map_fn(
        lambda index: _noise(shape, seed, NUM_STEPS + index),
        indices,
        fn_output_signature=tf.float32,
    )  # [batch, nodes, latent]
    return mirrored(tf.transpose(noise, [1, 0, 2])[:, None])


def gauss_hermite(latent_dim: int, num_nodes: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return noise and shares of the nodes of a rule with `num_nodes` per axis."""
    nodes, weights = roots_hermitenorm(num_nodes)
    grid = np.stack(np.meshgrid(*[nodes] * latent_dim), axis=-1)
    shares = np.prod(np.meshgrid(*[weights / weights.sum()] * latent_dim), axis=0)
    return (
        tf.constant(grid.reshape(-1, 1, 1, latent_dim), tf.float32),
        tf.constant(shares.reshape(-1, 1, 1), tf.float32),
    )


def mirrored(noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return noise [nodes, ...] and its negative as nodes of equal shares."""
    noise = tf.concat([noise, -noise], axis=0)
    return noise, tf.fill([len(noise), 1, 1], 1.0 / len(noise))


def _noise(shape, seed, index):
    purpose = Purpose.EVALUATION_LATENTS
    return standard_normal(shape, seed=seed, purpose=purpose, index=len(SPLITS) + index)
