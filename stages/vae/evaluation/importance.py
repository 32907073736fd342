"""Lower bounds on log p(x) by importance sampling.

    log p(x) >= E log 1/K sum_k p(x, z_k) / r(z_k|x),  z_k ~ r(z|x)

for any proposal r. Burda et al. (2016, arXiv 1509.00519) use r = q(z|x). If q misses
the posterior, no affordable number of samples makes the bound tight. An adaptive
proposal does (Cappe et al. 2004, Population Monte Carlo): it draws exploratory samples,
and averages only samples that are drawn near the best of them.
"""

from typing import NamedTuple

import numpy as np

from vae.evaluation.chunks import map_chunks
from vae.evaluation.proposals import Mixture, refined
from vae.evaluation.search import ROWS, explore, explore_prior, sample_and_weigh
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.logarithms import log_mean_exp
from vae.numerics.noise import standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose


class Bounds(NamedTuple):
    """Importance-weighted bounds on log p(x) in nats; the curve is for r = q(z|x)."""

    iwae_bound: np.ndarray  # from `num_samples`, float64 [images]
    curve_num_samples: np.ndarray  # int [counts], see `sample_counts`
    curve_iwae_bound: np.ndarray  # float64 [images, counts]


def importance_bounds(
    vae: VAE, images: np.ndarray, *, proposal: str, num_samples: int, seed: int
) -> Bounds:
    """Compute importance-weighted bounds on log p(x) of images, uint8 [images, pixels].

    The proposal is `posterior`, which is q(z|x), or `adaptive`, see `adaptive_bounds`.
    The latter needs at least 10 samples per image. The noise of an image depends only
    on its index and the seed.
    """
    adaptive = proposal == "adaptive"
    num_posterior = num_samples // 4 if adaptive else num_samples
    explored = explore_prior(vae, images, seed=seed) if adaptive else ()

    def image_noise(index):
        key = {"seed": seed, "purpose": Purpose.IMPORTANCE_LATENTS, "index": index}
        return standard_normal([num_samples, vae.latent_dim], **key)

    @tf.function(jit_compile=True)
    def bounds(images, indices, *explored):
        noise = tf.map_fn(image_noise, indices, fn_output_signature=tf.float32)
        noise = tf.transpose(noise, [1, 0, 2])  # [samples, images, latent]
        chunk_bounds = adaptive_bounds if adaptive else posterior_bounds
        return chunk_bounds(vae, observations(images), noise, *explored)

    iwae_bound, curve = map_chunks(
        bounds,
        images,
        np.arange(len(images), dtype=np.int32),
        *explored,
        size=max(1, ROWS // num_samples),
        title=f"importance-weighted bound with {num_samples} samples"
        + (", adaptive proposal" if adaptive else " of q(z|x)"),
    )
    counts = np.array(sample_counts(num_posterior))
    return Bounds(iwae_bound.astype(np.float64), counts, curve.astype(np.float64))


def posterior_bounds(
    vae: VAE, x: tf.Tensor, noise: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the bound [batch] with r = q(z|x), and the bounds with fewer samples."""
    loc, scale = vae.posterior(x)
    q = Mixture(loc[None], scale[None], [len(noise)])
    _, log_weights = sample_and_weigh(vae, vae.prior.current(), x, q, noise)
    return log_mean_exp(log_weights), subset_bounds(log_weights)


def adaptive_bounds(
    vae: VAE,
    x: tf.Tensor,
    noise: tf.Tensor,
    prior_z: tf.Tensor,
    prior_log_likelihood: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the bound [batch] with an adaptive proposal, and the bounds of q(z|x).

    A quarter of the samples are exploratory samples of q(z|x). The others are drawn
    near the best of these and of `explore_prior`; only they enter the bound.
    """
    prior = vae.prior.current()
    num_posterior = len(noise) // 4
    z, log_explored, log_weights = explore(
        vae, x, noise[:num_posterior], prior_z, prior_log_likelihood
    )
    noise = noise[num_posterior:]
    proposal = refined(*vae.posterior(x), prior, z, log_explored, len(noise))
    _, refined_weights = sample_and_weigh(vae, prior, x, proposal, noise)
    return log_mean_exp(refined_weights), subset_bounds(log_weights)


def sample_counts(num_samples: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, 50, ... below the number of samples, and that number."""
    powers = [10**exponent for exponent in range(len(str(num_samples)))]
    counts = [factor * power for power in powers for factor in (1, 2, 5)]
    return [count for count in counts if count < num_samples] + [num_samples]


def subset_bounds(log_weights: tf.Tensor) -> tf.Tensor:
    """Compute bounds with fewer samples [batch, counts].

    For each of `sample_counts` the bound is a mean over disjoint groups of samples.
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
