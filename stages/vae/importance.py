"""Lower bounds on log p(x) by importance sampling.

    log p(x) >= E log 1/K sum_k p(x, z_k) / r(z_k|x),  z_k ~ r(z|x)

for any proposal r. Burda et al. (2016, arXiv 1509.00519) take r = q(z|x). Where q
misses the posterior, no number of samples that one can pay for repairs that; an
adaptive proposal does (Cappe et al. 2004, Population Monte Carlo): first samples find
where the posterior is, and only those drawn around these places are averaged.
"""

import math
from typing import NamedTuple

import numpy as np

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf

from vae.model import VAE, log_mean_exp, observations
from vae.noise import Purpose, standard_normal
from vae.proposals import Mixture, explored_counts, log_standard_normal, refine

ROWS = 4000  # latents decoded at once; bounds memory, changes no draw
BLOCK = 8  # images at once at most, as the draws of each are compiled one by one


class Bounds(NamedTuple):
    """Bounds on log p(x) in nats.

    Attributes:
        bound: with all samples of the proposal, float64 [images].
        counts: 1, 2, 5, 10, ... and the number of samples from q(z|x), [counts].
        from_posterior: with so many samples from q(z|x), float64 [images, counts].
    """

    bound: np.ndarray
    counts: np.ndarray
    from_posterior: np.ndarray


def importance_bounds(
    vae: VAE, images: np.ndarray, *, proposal: str, num_samples: int, seed: int
) -> Bounds:
    """Importance-weighted bounds on log p(x), each image's own.

    The noise of an image depends on its place in the split alone.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        proposal: `posterior`, q(z|x) itself; or `adaptive`, see `adaptive_bounds`.
        num_samples: drawn for each image in all; for `adaptive` at least 10.
        seed: of the draws.
    """

    block_bound, num_posterior = {
        "posterior": (posterior_bounds, num_samples),
        "adaptive": (adaptive_bounds, explored_counts(num_samples)[0]),
    }[proposal]

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
        return block_bound(vae, observations(block), noise)

    places = np.arange(len(images), dtype=np.int32)
    size = max(1, min(BLOCK, ROWS // num_samples))
    blocks = [slice(i, i + size) for i in range(0, len(images), size)]
    bounds = [block_bounds(images[block], places[block]) for block in blocks]
    bound, from_posterior = (np.float64(np.concatenate(b)) for b in zip(*bounds))
    return Bounds(bound, np.array(sample_counts(num_posterior)), from_posterior)


def posterior_bounds(
    vae: VAE, x: tf.Tensor, noise: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The bound [batch] with the proposal q(z|x), and with fewer of its samples."""
    loc, scale = vae.posterior(x)
    q = Mixture(loc[None], scale[None], [len(noise)])
    _, log_weights = weigh(vae, x, q, noise)
    return log_mean_exp(log_weights), subset_bounds(log_weights)


def adaptive_bounds(
    vae: VAE, x: tf.Tensor, noise: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The bound [batch] with an adaptive proposal, and the bounds of its q samples.

    Half of the samples explore, one in five of these from q(z|x) and four from the
    prior; the other half are drawn around the best of them and make up the bound.
    """
    loc, scale = vae.posterior(x)
    counts = explored_counts(len(noise))
    num_posterior, num_explored = counts[0], sum(counts)
    explored = Mixture(
        tf.stack([loc, tf.zeros_like(loc)]),
        tf.stack([scale, tf.ones_like(scale)]),
        counts,
    )
    z, log_weights = weigh(vae, x, explored, noise[:num_explored])
    refined = refine(loc, scale, z, log_weights, len(noise) - num_explored)
    _, refined_weights = weigh(vae, x, refined, noise[num_explored:])

    q = Mixture(loc[None], scale[None], [num_posterior])
    from_q = log_weights + explored.log_prob(z) - q.log_prob(z)
    return log_mean_exp(refined_weights), subset_bounds(from_q[:num_posterior])


def weigh(
    vae: VAE, x: tf.Tensor, proposal: Mixture, noise: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Samples z of a proposal and log p(x, z) - log r(z|x), [samples, batch]."""
    z = proposal.sample(noise)
    num_samples, batch, latent_dim = z.shape
    num_chunks = math.ceil(num_samples * batch / ROWS)
    missing = -num_samples % num_chunks
    chunks = tf.reshape(
        tf.pad(z, [[0, missing], [0, 0], [0, 0]]), [num_chunks, -1, batch, latent_dim]
    )
    log_likelihood = tf.map_fn(
        lambda chunk: vae.likelihood.log_prob(x, vae.decode(chunk)), chunks
    )
    log_likelihood = tf.reshape(log_likelihood, [-1, batch])[:num_samples]
    log_prior = tf.reduce_sum(log_standard_normal(z), axis=-1)
    return z, log_likelihood + log_prior - proposal.log_prob(z)


def sample_counts(num_samples: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, ... below the number of samples, and that number."""
    powers = [10**exponent for exponent in range(len(str(num_samples)))]
    counts = [factor * power for power in powers for factor in (1, 2, 5)]
    return [count for count in counts if count < num_samples] + [num_samples]


def subset_bounds(log_weights: tf.Tensor) -> tf.Tensor:
    """Bounds with fewer samples [batch, counts], of log weights [samples, batch].

    For each of `sample_counts`, the mean over as many disjoint groups as there are.
    """
    num_samples, batch = log_weights.shape
    bounds = []
    for count in sample_counts(num_samples):
        num_groups = num_samples // count
        groups = tf.reshape(
            log_weights[: num_groups * count], [count, num_groups, batch]
        )
        bounds.append(tf.reduce_mean(log_mean_exp(groups), axis=0))
    return tf.stack(bounds, axis=-1)
