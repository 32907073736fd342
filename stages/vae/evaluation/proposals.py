"""Proposals: mixtures of Gaussians from which importance sampling draws."""

from typing import NamedTuple

import numpy as np

from vae.numerics.determinism import tf
from vae.numerics.gaussians import log_standard_normal
from vae.priors import Prior

# The adaptive proposal, chosen on models of 2 to 50 dimensions: around how many places
# it draws, how wide in scales of q(z|x), and by how much it widens q(z|x) itself, which
# maximizing the ELBO leaves too narrow.
NUM_CENTERS = 16
WIDTHS = (1.0, 3.0)
POSTERIOR_WIDTH = 1.2


class Mixture(NamedTuple):
    """A mixture of Gaussians with independent dimensions, one for each image.

    Attributes:
        loc, scale: [components, batch, latent].
        counts: how many samples each component gives; their shares are its weights.
    """

    loc: tf.Tensor
    scale: tf.Tensor
    counts: list[int]

    def sample(self, noise: tf.Tensor) -> tf.Tensor:
        """z [samples, batch, latent] of standard Gaussian noise of that shape.

        Each component gives exactly its share. That keeps the mean of weights
        p(x, z) / r(z|x) unbiased, with less variance than a random choice (Owen and
        Zhou 2000, Safe and effective importance sampling).
        """
        loc, scale = (tf.repeat(t, self.counts, axis=0) for t in self[:2])
        return loc + scale * noise

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """log r(z|x) in nats, [samples, batch]."""
        drawn = [i for i, count in enumerate(self.counts) if count]
        counts = np.float32([self.counts[i] for i in drawn])
        loc, scale = (tf.gather(t, drawn)[:, None] for t in self[:2])
        density = log_standard_normal((z - loc) / scale) - tf.math.log(scale)
        each = tf.reduce_sum(density, axis=-1)  # [components, samples, batch]
        log_shares = np.log(counts / counts.sum())[:, None, None]
        return tf.reduce_logsumexp(each + log_shares, axis=0)


def refine(
    loc: tf.Tensor,
    scale: tf.Tensor,
    prior: Prior,
    z: tf.Tensor,
    log_weights: tf.Tensor,
    num_samples: int,
) -> Mixture:
    """Half a wider q(z|x), half the prior and Gaussians around the best samples.

    Of a learned prior, the Gaussian with its mean and standard deviation.

    Args:
        loc, scale: of q(z|x), [batch, latent].
        prior: p(z).
        z: samples [samples, batch, latent].
        log_weights: of these [samples, batch].
        num_samples: that the mixture is to give.
    """
    num_centers = min(NUM_CENTERS, len(z))
    centers = highest(z, log_weights, num_centers)
    components = [
        gaussians_near(loc[None], loc, scale, prior, POSTERIOR_WIDTH),
        [tf.broadcast_to(t, loc.shape)[None] for t in prior.moments()],
        *(gaussians_near(centers, loc, scale, prior, width) for width in WIDTHS),
    ]
    locs, scales = (tf.concat(t, axis=0) for t in zip(*components, strict=True))
    num_others = 1 + len(WIDTHS) * num_centers
    shares = [num_others, *[1] * num_others]
    return Mixture(locs, scales, apportion(num_samples, shares))


def gaussians_near(
    places: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, prior: Prior, width: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gaussians around places, in those dimensions of which the image says something.

    Where q(z|x) is as wide as the prior it says nothing: what an explored place has
    there is chance, and the Gaussian stands where q(z|x) does. Nor is a Gaussian wider
    than both the prior and q(z|x).

    Args:
        places: [places, batch, latent].
        loc, scale: of q(z|x), [batch, latent].
        prior: p(z).
        width: of the Gaussians, in scales of q(z|x).

    Returns:
        their loc and scale, [places, batch, latent].
    """
    _, deviation = prior.moments()
    # Which part of the prior's variance the image takes away.
    explained = tf.maximum(1.0 - tf.square(scale / deviation), 0.0)
    widened = tf.minimum(width * scale, tf.maximum(deviation, scale))
    return loc + explained * (places - loc), tf.broadcast_to(widened, places.shape)


def highest(z: tf.Tensor, log_weights: tf.Tensor, count: int) -> tf.Tensor:
    """The samples of highest weight, the highest first, [count, batch, latent].

    Args:
        z: samples [samples, batch, latent].
        log_weights: of these [samples, batch].
        count: how many, of each image.
    """
    _, places = tf.math.top_k(tf.transpose(log_weights), count)  # [batch, count]
    chosen = tf.gather(tf.transpose(z, [1, 0, 2]), places, batch_dims=1)
    return tf.transpose(chosen, [1, 0, 2])


def apportion(total: int, shares: list[int]) -> list[int]:
    """Whole numbers in proportion to `shares`, as nearly as can be."""
    ends = np.cumsum(shares) * total // sum(shares)
    return np.diff(ends, prepend=0).tolist()
