"""The two parts of log p(x) - ELBO (Cremer et al. 2018, arXiv 1801.03558).

    approximation gap = log p(x) - ELBO(best Gaussian)
    amortization gap = ELBO(best Gaussian) - ELBO(the encoder's Gaussian)

The best Gaussian with independent dimensions is found for each image by Adam from
several starts. Both ELBOs are integrals over one or two dimensions, computed without
sampling by Gauss-Hermite quadrature.
"""

import math

import numpy as np
from scipy.special import roots_hermitenorm

from vae.evaluation.chunks import map_chunks
from vae.evaluation.proposals import highest
from vae.evaluation.search import explore_prior
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.gaussians import entropy
from vae.numerics.pixels import observations

CHUNK = 20  # images per chunk
NUM_EXPLORED = 3  # starts at samples of the prior; one more is at the encoder's loc
NUM_STEPS = 200  # of Adam
LEARNING_RATE = 0.1  # in scales of the encoder's q(z|x); decays to 0 as a cosine
NODES, FINAL_NODES = 5, 20  # per axis: during Adam, and for the reported values


def gaps(
    vae: VAE, images: np.ndarray, log_evidence: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Compute both gaps of each image, float64 [images] in nats.

    The model has one or two latent dimensions; `log_evidence` is log p(x) [images].
    """

    @tf.function(jit_compile=True)
    def chunk_elbos(images, prior_z, prior_log_likelihood):
        x = observations(images)
        loc, scale = vae.posterior(x)
        prior_z = tf.transpose(prior_z, [1, 0, 2])  # [explored, batch, latent]
        log_joint = tf.transpose(prior_log_likelihood)
        log_joint += vae.prior.current().log_prob(prior_z)
        starts = [loc[None], highest(prior_z, log_joint, NUM_EXPLORED)]
        starts = tf.concat(starts, axis=0)
        found = maximize_elbo(vae, x, starts, tf.broadcast_to(scale, starts.shape))
        found = tf.reduce_max(elbo(vae, x, *found, FINAL_NODES), axis=0)
        return found, elbo(vae, x, loc[None], scale[None], FINAL_NODES)[0]

    found, encoded = map_chunks(
        chunk_elbos,
        images,
        *explore_prior(vae, images, seed=seed),
        size=CHUNK,
        title="best Gaussian per image",
    )
    return {
        "approximation_gap": log_evidence - found,
        "amortisation_gap": np.float64(found) - encoded,
    }


def maximize_elbo(
    vae: VAE, x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Maximize the ELBO over Gaussians by Adam (Kingma and Ba 2015, arXiv 1412.6980).

    Both the initial and the returned loc and scale are [starts, batch, latent].
    """

    def gaussian(moves):
        return loc + scale * moves[0], scale * tf.exp(moves[1])

    def step(i, moves, mean, square):
        with tf.GradientTape() as tape:
            tape.watch(moves)
            value = tf.reduce_sum(elbo(vae, x, *gaussian(moves), NODES))
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
    vae: VAE, x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, num_nodes: int
) -> tf.Tensor:
    """Compute E_q log p(x, z) + entropy of q, [starts, batch] in nats.

    The Gaussians q are [starts, batch, latent]; `num_nodes` counts nodes per axis.
    """
    latent_dim = loc.shape[-1]
    nodes, weights = roots_hermitenorm(num_nodes)
    grid = np.stack(np.meshgrid(*[nodes] * latent_dim), axis=-1)
    shares = np.prod(np.meshgrid(*[weights / weights.sum()] * latent_dim), axis=0)
    noise = grid.reshape(-1, 1, 1, latent_dim).astype(np.float32)
    z = loc + scale * noise  # [nodes, starts, batch, latent]
    log_joint = vae.log_likelihood(x, z) + vae.prior.current().log_prob(z)
    shares = shares.reshape(-1, 1, 1).astype(np.float32)
    return tf.reduce_sum(shares * log_joint, axis=0) + entropy(scale)
