"""Proposals: mixtures of Gaussians from which importance sampling draws."""

from typing import NamedTuple

import numpy as np

from vae.numerics.determinism import tf
from vae.numerics.gaussians import log_standard_normal
from vae.priors import Prior

# The adaptive proposal, tuned on models of 2 to 50 dimensions. Widths are in scales of
# q(z|x), which is too narrow after maximization of the ELBO.
NUM_CENTERS = 16  # samples at which Gaussians are centered
WIDTHS = (1.0, 3.0)  # of the Gaussians at each center
POSTERIOR_WIDTH = 1.2  # of the Gaussian at the mean of q(z|x)
TAIL = 0.001  # samples for `tails`; raises upper bounds by less than 0.0001 nats


class Mixture(NamedTuple):
    """A mixture of Gaussians with independent dimensions, one mixture per image."""

    loc: tf.Tensor  # [components, batch, latent], like scale
    scale: tf.Tensor
    counts: list[int]  # samples per component; their shares are the weights
    tails: Prior | None = None  # in `log_prob` alone, with the share of TAIL samples

    def sample(self, noise: tf.Tensor) -> tf.Tensor:
        """Turn standard Gaussian noise [samples, batch, latent] into samples.

        Each component gives exactly `counts` samples. The mean of p(x, z) / r(z|x) is
        still unbiased, and has less variance than with a random choice (Owen and Zhou
        2000, Safe and effective importance sampling).
        """
        # With many samples, `tf.repeat` has no static shape for XLA.
        component = np.repeat(np.arange(len(self.counts)), self.counts)
        loc, scale = (tf.gather(t, component) for t in self[:2])
        return loc + scale * noise

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Compute log r(z|x) in nats, [samples, batch]."""
        drawn = [i for i, count in enumerate(self.counts) if count]
        counts = np.array([self.counts[i] for i in drawn], np.float32)
        loc, scale = (tf.gather(t, drawn)[:, None] for t in self[:2])
        density = log_standard_normal((z - loc) / scale) - tf.math.log(scale)
        each = tf.reduce_sum(density, axis=-1)  # [components, samples, batch]
        if self.tails is not None:
            each = tf.concat([each, self.tails.log_prob(z)[None]], axis=0)
            counts = np.append(counts, np.float32(TAIL))
        log_shares = np.log(counts / counts.sum())[:, None, None]
        return tf.reduce_logsumexp(each + log_shares, axis=0)


def refined(
    loc: tf.Tensor,
    scale: tf.Tensor,
    prior: Prior,
    z: tf.Tensor,
    log_weights: tf.Tensor,
    num_samples: int,
) -> Mixture:
    """Return a mixture of a wider q(z|x), by half, the prior, and Gaussians near `z`.

    The Gaussians are near the samples of highest weight among `z` [samples, batch,
    latent].
    """
    num_centers = min(NUM_CENTERS, len(z))
    centers = highest(z, log_weights, num_centers)
    components = [
        gaussians_near(loc[None], loc, scale, prior, POSTERIOR_WIDTH),
        gaussian_of(prior, loc.shape),
        *(gaussians_near(centers, loc, scale, prior, width) for width in WIDTHS),
    ]
    locs, scales = (tf.concat(t, axis=0) for t in zip(*components, strict=True))
    num_others = 1 + len(WIDTHS) * num_centers
    shares = np.cumsum([num_others, *[1] * num_others])  # of the sum of all
    ends = shares * num_samples // shares[-1]
    return Mixture(locs, scales, np.diff(ends, prepend=0).tolist())


def gaussian_of(prior: Prior, shape: tf.TensorShape) -> tuple[tf.Tensor, tf.Tensor]:
    """Return loc and scale [1, batch, latent] of a Gaussian with the prior's moments.

    `shape` is [batch, latent].
    """
    loc, scale = prior.moments()
    return tf.broadcast_to(loc, shape)[None], tf.broadcast_to(scale, shape)[None]


def gaussians_near(
    z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, prior: Prior, width: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return loc and scale of Gaussians near `z`, both [samples, batch, latent].

    The width is in scales of q(z|x), and no Gaussian is wider than both the prior and
    q(z|x). In a dimension where q(z|x) is as wide as the prior, the image carries no
    information about z, and the Gaussian has the loc of q(z|x).
    """
    _, deviation = prior.moments()
    # The share of the prior's variance that the image explains.
    explained = tf.maximum(1.0 - tf.square(scale / deviation), 0.0)
    widened = tf.minimum(width * scale, tf.maximum(deviation, scale))
    return loc + explained * (z - loc), tf.broadcast_to(widened, z.shape)


def highest(z: tf.Tensor, log_weights: tf.Tensor, count: int) -> tf.Tensor:
    """Select the samples of highest weight, the highest first, [count, batch, latent].

    The samples are [samples, batch, latent], their log weights [samples, batch].
    """
    _, indices = tf.math.top_k(tf.transpose(log_weights), count)  # [batch, count]
    chosen = tf.gather(tf.transpose(z, [1, 0, 2]), indices, batch_dims=1)
    return tf.transpose(chosen, [1, 0, 2])
