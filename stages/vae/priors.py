"""The prior p(z): a standard Gaussian, or a learned mixture of Gaussians."""

from collections.abc import Callable

import numpy as np

from vae.numerics import gaussians
from vae.numerics.determinism import keras, tf
from vae.numerics.pixels import observations

# The smallest scale of a mixture component, as a fraction of its distance from the
# origin: float32 cannot evaluate the density of a narrower one.
MIN_SHARE = 0.01


class Prior:
    """A distribution p(z). The rest of the code uses these methods alone.

    log_prob(z)         log p(z) [...] in nats, for z [..., latent]
    draw(noise)         z ~ p(z) from standard Gaussian noise, both [samples, latent]
    components()        loc and scale [components, latent] of a mixture of Gaussians
    start_from(images)  begin training near images, uint8 [images, pixels]
    current()           the distribution of the current weights, with gradients
    frozen()            the same with constants in place of weights, for evaluation
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

    def extent(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return center, core and stretch of a grid; see `mixture_extent`."""
        return gaussians.mixture_extent(*self.components())


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


class GaussianMixture(Prior):
    """p(z) = 1/K sum_k N(loc_k, scale_k^2), with loc and scale [components, latent]."""

    def __init__(self, loc: tf.Tensor, scale: tf.Tensor):
        self.loc, self.scale = loc, scale

    def log_prob(self, z):
        return gaussians.mixture_log_prob(z, self.loc, self.scale)

    def draw(self, noise):
        """Draw equally from all components, so that few samples cover many of them."""
        chosen = tf.range(noise.shape[0]) * self.loc.shape[0] // noise.shape[0]
        return tf.gather(self.loc, chosen) + tf.gather(self.scale, chosen) * noise

    def components(self):
        return self.loc, self.scale


class LearnedMixture(Prior):
    """A mixture whose `components()` are computed from weights."""

    def current(self):
        return GaussianMixture(*self.components())

    def frozen(self):
        return GaussianMixture(*tf.function(self.components, jit_compile=True)())


class VampPrior(LearnedMixture):
    """The mixture 1/K sum_k q(z|u_k) of learned pseudo-inputs u_k.

    `posterior` computes loc and scale of q(z|x). `pseudo_inputs` is the number K of
    pseudo-inputs. Source: Tomczak and Welling (2018), arXiv 1705.07120.
    """

    def __init__(self, posterior: Callable, num_pixels: int, pseudo_inputs: int):
        self._posterior = posterior
        start = np.zeros([pseudo_inputs, num_pixels], np.float32)
        self.pseudo_inputs = keras.Variable(start, name="prior.pseudo_inputs")
        self.variables = (self.pseudo_inputs,)

    def start_from(self, images):
        """Start the pseudo-inputs at evenly spaced images."""
        count = self.pseudo_inputs.shape[0]
        chosen = np.linspace(0, len(images) - 1, count).astype(int)
        self.pseudo_inputs.assign(observations(images[chosen]))

    def components(self):
        loc, scale = self._posterior(self.pseudo_inputs.value)
        least = MIN_SHARE * tf.abs(tf.stop_gradient(loc))
        return loc, tf.maximum(scale, least)


PRIORS = {"standard": StandardNormal, "vamp": VampPrior}
