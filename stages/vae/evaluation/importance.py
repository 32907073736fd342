"""Lower bounds on log p(x) by importance sampling.

    log p(x) >= E log 1/K sum_k p(x, z_k) / r(z_k|x),  z_k ~ r(z|x)

for any proposal r. Burda et al. (2016, arXiv 1509.00519) take r = q(z|x). Where q
misses the posterior, no number of samples that one can pay for repairs that; an
adaptive proposal does (Cappe et al. 2004, Population Monte Carlo): first samples find
where the posterior is, and only those drawn around these places are averaged.
"""

import math
from typing import NamedTuple

import vae.determinism  # noqa: F401  before TensorFlow

import numpy as np
import tensorflow as tf

from vae.evaluation.chunks import map_chunks
from vae.evaluation.proposals import (
    Mixture,
    explored_counts,
    log_standard_normal,
    refine,
)
from vae.model import VAE, log_mean_exp, observations
from vae.noise import standard_normal
from vae.streams import Purpose

ROWS = 4000  # latents decoded at once; bounds memory, changes no draw


class Bounds(NamedTuple):
    """Importance-weighted bounds on log p(x) in nats.

    Attributes:
        num_samples: of the proposal, in all.
        iwae_bound: with all samples of the proposal, float64 [images].
        curve_num_samples: 1, 2, 5, 10, ... and the number of samples from q(z|x),
            int [counts].
        curve_iwae_bound: with so many samples from q(z|x), float64 [images, counts].
    """

    num_samples: int
    iwae_bound: np.ndarray
    curve_num_samples: np.ndarray
    curve_iwae_bound: np.ndarray


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
    chunk_bounds, num_posterior = {
        "posterior": (posterior_bounds, num_samples),
        "adaptive": (adaptive_bounds, explored_counts(num_samples)[0]),
    }[proposal]

    def image_noise(place):
        return standard_normal(
            [num_samples, vae.latent_dim],
            seed=seed,
            purpose=Purpose.IMPORTANCE_LATENTS,
            index=place,
        )

    @tf.function(jit_compile=True)
    def bounds(images, places):
        noise = tf.map_fn(image_noise, places, fn_output_signature=tf.float32)
        noise = tf.transpose(noise, [1, 0, 2])  # [samples, images, latent]
        return chunk_bounds(vae, observations(images), noise)

    places = np.arange(len(images), dtype=np.int32)
    iwae_bound, curve = map_chunks(
        bounds,
        images,
        places,
        size=max(1, ROWS // num_samples),
        what=f"importance-weighted bound with {num_samples} samples",
    )
    counts = np.array(sample_counts(num_posterior))
    return Bounds(num_samples, np.float64(iwae_bound), counts, np.float64(curve))


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
    log_likelihood = tf.map_fn(lambda chunk: vae.log_likelihood(x, chunk), chunks)
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
