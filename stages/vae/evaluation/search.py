"""Search for the samples that explain an image best.

Importance sampling, annealing and the search for the best q(z|x) start from these
samples. A few are drawn from q(z|x). Most are drawn from the prior and shared by all
images, so that each is decoded once.
"""

import math

import numpy as np

from vae.evaluation.chunks import in_blocks
from vae.evaluation.proposals import NUM_CENTERS, Mixture
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.noise import standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose
from vae.priors import Prior

ROWS = 2000  # latents decoded at once, which limits the memory
NUM_SHARED = 8192  # samples of the prior, shared by all images
SHARED_IMAGES = 500  # images that are compared with all of these at once


def explore_prior(
    vae: VAE, images: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the shared samples of the prior with the highest log p(x|z) per image.

    Returns:
        z [images, centers, latent] and log p(x|z) [images, centers], float32.
    """
    shared, *best = _all_best(vae, seed, in_blocks(images, SHARED_IMAGES))
    indices, log_likelihood = (
        tf.reshape(t, [-1, NUM_CENTERS])[: len(images)].numpy() for t in best
    )
    return shared.numpy()[indices], log_likelihood


@tf.function(jit_compile=True)  # at the top level, so that it is compiled once
def _all_best(vae, seed, blocks):
    """Return the shared samples, and indices and log p(x|z) of the best per image.

    Indices and log p(x|z) are [blocks, block, centers].
    """
    shape, purpose = [NUM_SHARED, vae.latent_dim], Purpose.PRIOR_LATENTS
    noise = standard_normal(shape, seed=seed, purpose=purpose, index=1)  # 0: figure
    shared = vae.prior.current().draw(noise)

    def best(block):  # XLA decodes the samples once, not for each block
        log_likelihood = vae.log_likelihood_pairs(observations(block), shared)
        values, indices = tf.math.top_k(log_likelihood, NUM_CENTERS)
        return indices, values

    return shared, *tf.map_fn(best, blocks, fn_output_signature=(tf.int32, tf.float32))


def explore(
    vae: VAE,
    x: tf.Tensor,
    noise: tf.Tensor,
    prior_z: tf.Tensor,
    prior_log_likelihood: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Combine samples of q(z|x) with the best samples of the prior.

    The noise [samples, batch, latent] is that of the samples of q(z|x). `prior_z` and
    `prior_log_likelihood` are results of `explore_prior`.

    Returns:
        z [explored, batch, latent]; their log weights [explored, batch] up to a
        constant, as if all were drawn from one mixture of q(z|x) and the prior; and log
        p(x, z) - log q(z|x) of the samples of q(z|x) [samples, batch].
    """
    loc, scale = vae.posterior(x)
    prior = vae.prior.current()
    q = Mixture(loc[None], scale[None], [len(noise)])
    q_z, log_weights = sample_and_weigh(vae, prior, x, q, noise)

    prior_z = tf.transpose(prior_z, [1, 0, 2])  # [centers, batch, latent]
    z = tf.concat([q_z, prior_z], axis=0)
    from_q = log_weights + q.log_prob(q_z) - prior.log_prob(q_z)
    log_likelihood = tf.concat([from_q, tf.transpose(prior_log_likelihood)], axis=0)
    log_odds = q.log_prob(z) - prior.log_prob(z) + math.log(len(noise) / NUM_SHARED)
    return z, log_likelihood - tf.nn.softplus(log_odds), log_weights


def sample_and_weigh(
    vae: VAE, prior: Prior, x: tf.Tensor, proposal: Mixture, noise: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return samples z of a proposal, and log p(x, z) - log r(z|x) [samples, batch]."""
    z = proposal.sample(noise)
    num_samples, batch, latent_dim = z.shape
    num_chunks = math.ceil(num_samples * batch / ROWS)
    missing = -num_samples % num_chunks
    chunks = tf.reshape(
        tf.pad(z, [[0, missing], [0, 0], [0, 0]]), [num_chunks, -1, batch, latent_dim]
    )
    log_likelihood = tf.map_fn(lambda chunk: vae.log_likelihood(x, chunk), chunks)
    log_likelihood = tf.reshape(log_likelihood, [-1, batch])[:num_samples]
    return z, log_likelihood + prior.log_prob(z) - proposal.log_prob(z)
