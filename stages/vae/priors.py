"""The prior p(z): what the rest of the code asks of it, and the standard Gaussian."""

import numpy as np

from vae.numerics import gaussians
from vae.numerics.determinism import keras, tf


class Prior:
    """A distribution p(z). Each defines some of these methods:

    log_prob(z)         log p(z) [...] in nats, for z [..., latent]
    draw(noise)         z ~ p(z) from standard Gaussian noise, both [samples, latent]
    components()        loc and scale [components, latent] of a mixture of Gaussians
    start_from(images)  begin training near images, uint8 [images, pixels]
    current()           the distribution of the current weights, with gradients
    frozen()            the same for evaluation; a mixture is computed once
    """

    is_standard = False  # whether it is N(0, I)
    variables: tuple[keras.Variable, ...] = ()  # weights of its own

    def log_prob(self, z: tf.Tensor) -> tf.Tensor: ...
    def draw(self, noise: tf.Tensor) -> tf.Tensor: ...
    def components(self) -> tuple[tf.Tensor, tf.Tensor]: ...
    def start_from(self, images: np.ndarray) -> None: ...

    def current(self) -> "Prior":
        return self

    def frozen(self) -> "Prior":
        return self

    def rate(self, loc: tf.Tensor, scale: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Estimate KL(q(z|x) || p(z)) [batch] in nats: -entropy - mean log p(z).

        `loc` and `scale` [batch, latent] are those of q(z|x), and `z` [samples, batch,
        latent] are samples of it.
        """
        return -gaussians.entropy(scale) - tf.reduce_mean(self.log_prob(z), axis=0)

    def moments(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean and standard deviation of each dimension, [latent]."""
        return gaussians.mixture_moments(*self.components())


class StandardNormal(Prior):
    """p(z) = N(0, I)."""

    is_standard = True

    def __init__(self, latent_dim: int):
        self.latent_dim = latent_dim

    def log_prob(self, z):
        return tf.reduce_sum(gaussians.log_standard_normal(z), axis=-1)

    def rate(self, loc, scale, z):
        """Compute the KL divergence in closed form, without the samples."""
        return tf.reduce_sum(gaussians.divergence(loc, scale), axis=-1)

    def draw(self, noise):
        return noise

    def components(self):
        return tf.zeros([1, self.latent_dim]), tf.ones([1, self.latent_dim])
