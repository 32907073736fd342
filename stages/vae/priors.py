"""p(z): a standard Gaussian, or a mixture of Gaussians that is learned.

A prior is a class with the following; the model, the objectives and the evaluation know
no more of it.

    log_prob(z)             log p(z) [...] in nats, of [..., latent]
    rate(loc, scale, z)     KL(q(z|x) || p(z)) [batch] in nats, of q's mean and standard
                            deviation [batch, latent], from z ~ q(z|x) [samples, batch,
                            latent] where it has no closed form
    draw(noise)             z ~ p(z) of standard Gaussian noise, [samples, latent] both
    moments()               mean and standard deviation of each dimension, [latent]
    components()            mean and standard deviation of each Gaussian that it is a
                            mixture of, [components, latent]
"""

import math
from typing import NamedTuple

import vae.determinism  # noqa: F401  before TensorFlow

import tensorflow as tf

from vae.dense import trained_product

LOG_2PI = math.log(2 * math.pi)


class StandardNormal(NamedTuple):
    """p(z) = N(0, I)."""

    latent_dim: int

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(log_standard_normal(z), axis=-1)

    def rate(self, loc: tf.Tensor, scale: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """In closed form: z has no share in it."""
        return tf.reduce_sum(rate_by_dimension(loc, scale), axis=-1)

    def draw(self, noise: tf.Tensor) -> tf.Tensor:
        return noise

    def moments(self) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.zeros([self.latent_dim]), tf.ones([self.latent_dim])

    def components(self) -> tuple[tf.Tensor, tf.Tensor]:
        mean, deviation = self.moments()
        return mean[None], deviation[None]


class MixturePrior(NamedTuple):
    """p(z) = 1/K sum_k N(loc_k, scale_k^2), with independent dimensions in each.

    Attributes:
        loc, scale: [components, latent].
    """

    loc: tf.Tensor
    scale: tf.Tensor

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """By matrix products: (z - loc)^2 / scale^2 is written out in powers of z.

        What cancels is loc^2 / scale^2: with loc / scale at most 100, as the model sees
        to, the error is about 0.001 nats in two dimensions.
        """
        precision = 1.0 / tf.square(self.scale)
        log_norm = tf.reduce_sum(
            0.5 * tf.square(self.loc) * precision + tf.math.log(self.scale), axis=-1
        )  # [components]
        rows = tf.reshape(z, [-1, z.shape[-1]])
        features = tf.concat([tf.square(rows), rows], axis=-1)
        weights = tf.concat([-0.5 * precision, self.loc * precision], axis=-1)
        each = trained_product(features, tf.transpose(weights)) - log_norm
        log_prob = tf.reduce_logsumexp(each, axis=-1) - math.log(self.loc.shape[0])
        return tf.reshape(log_prob - 0.5 * z.shape[-1] * LOG_2PI, z.shape[:-1])

    def rate(self, loc: tf.Tensor, scale: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """The entropy of q(z|x) in closed form, the mean of -log p(z) over samples."""
        entropy = tf.reduce_sum(tf.math.log(scale) + 0.5 * (LOG_2PI + 1.0), axis=-1)
        return -entropy - tf.reduce_mean(self.log_prob(z), axis=0)

    def draw(self, noise: tf.Tensor) -> tf.Tensor:
        """Each component gives its share, so that few samples are of many."""
        chosen = tf.range(noise.shape[0]) * self.loc.shape[0] // noise.shape[0]
        return tf.gather(self.loc, chosen) + tf.gather(self.scale, chosen) * noise

    def moments(self) -> tuple[tf.Tensor, tf.Tensor]:
        mean = tf.reduce_mean(self.loc, axis=0)
        squares = tf.square(self.loc - mean) + tf.square(self.scale)
        return mean, tf.sqrt(tf.reduce_mean(squares, axis=0))

    def components(self) -> tuple[tf.Tensor, tf.Tensor]:
        return self.loc, self.scale


Prior = StandardNormal | MixturePrior


def rate_by_dimension(
    loc: tf.Tensor, scale: tf.Tensor, mean: tf.Tensor = 0.0, deviation: tf.Tensor = 1.0
) -> tf.Tensor:
    """KL(N(loc, scale^2) || N(mean, deviation^2)) in nats, element by element.

    1/2 (((loc - mean)^2 + scale^2) / deviation^2 - 1) - log(scale / deviation). Against
    N(0, 1) a sum over the latent dimensions is the KL divergence of q(z|x) from the
    standard prior, as both are products of their dimensions.
    """
    squares = tf.square((loc - mean) / deviation) + tf.square(scale / deviation)
    return 0.5 * (squares - 1.0) - tf.math.log(scale / deviation)


def log_standard_normal(values: tf.Tensor) -> tf.Tensor:
    """log N(value; 0, 1), element by element."""
    return -0.5 * tf.square(values) - 0.5 * LOG_2PI
