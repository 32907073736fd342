"""What of log p(x) - ELBO lies in the family of q, and what in the encoder.

    log p(x) - ELBO(best Gaussian)              approximation gap
    ELBO(best Gaussian) - ELBO(the encoder's)   amortization gap

The best Gaussian with independent dimensions is found for each image by Adam from
several starts. Both ELBOs are integrals over one or two dimensions, by the rule of
Gauss and Hermite, so that nothing is left to chance.

Source: Cremer et al. (2018), Inference suboptimality in variational autoencoders,
arXiv 1801.03558.
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

CHUNK = 20  # images at once
NUM_EXPLORED = 3  # starts at the best samples of the prior, beside the encoder's
NUM_STEPS = 200  # of Adam
LEARNING_RATE = 0.1  # at first, in scales of the encoder's q; falls to 0 as a cosine
NODES, FINAL_NODES = 5, 20  # along each axis: for the search, and for what is reported


def gaps(
    vae: VAE, images: np.ndarray, log_evidence: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Both gaps of each image, in nats.

    Args:
        vae: the trained model, with one or two latent dimensions.
        images: uint8 [images, pixels].
        log_evidence: log p(x) [images].
        seed: of the samples of the prior.

    Returns:
        `approximation_gap` and `amortisation_gap`, float64 [images].
    """

    @tf.function(jit_compile=True)
    def chunk_elbos(images, prior_z, prior_log_likelihood):
        x = observations(images)
        loc, scale = vae.posterior(x)
        prior_z = tf.transpose(prior_z, [1, 0, 2])  # [explored, batch, latent]
        log_joint = tf.transpose(prior_log_likelihood) + vae.prior.current().log_prob(
            prior_z
        )
        starts = tf.concat(
            [loc[None], highest(prior_z, log_joint, NUM_EXPLORED)], axis=0
        )
        locs, scales = search(vae, x, starts, tf.broadcast_to(scale, starts.shape))
        found = tf.reduce_max(elbo(vae, x, locs, scales, FINAL_NODES), axis=0)
        return found, elbo(vae, x, loc[None], scale[None], FINAL_NODES)[0]

    found, encoded = map_chunks(
        chunk_elbos,
        images,
        *explore_prior(vae, images, seed=seed),
        size=CHUNK,
        what="the best q of each image",
    )
    return {
        "approximation_gap": log_evidence - found,
        "amortisation_gap": np.float64(found) - encoded,
    }


def search(
    vae: VAE, x: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gaussians of higher ELBO, by Adam (Kingma and Ba 2015, arXiv 1412.6980).

    Args:
        vae: the trained model.
        x: observations in [0, 1], [batch, pixels].
        loc, scale: where to start, [starts, batch, latent].

    Returns:
        means and standard deviations, likewise.
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
    """E_q log p(x, z) + the entropy of q, [starts, batch] in nats.

    Args:
        vae: the trained model.
        x: observations in [0, 1], [batch, pixels].
        loc, scale: of q, [starts, batch, latent].
        num_nodes: of the rule along each axis.
    """
    latent_dim = loc.shape[-1]
    nodes, weights = roots_hermitenorm(num_nodes)
    grid = np.stack(np.meshgrid(*[nodes] * latent_dim), axis=-1)
    shares = math.prod(np.meshgrid(*[weights / weights.sum()] * latent_dim))
    noise = np.float32(grid.reshape(-1, 1, 1, latent_dim))
    z = loc + scale * noise  # [nodes, starts, batch, latent]
    log_joint = vae.log_likelihood(x, z) + vae.prior.current().log_prob(z)
    shares = np.float32(shares.reshape(-1, 1, 1))
    return tf.reduce_sum(shares * log_joint, axis=0) + entropy(scale)
