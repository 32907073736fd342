"""The variational autoencoder: q(z|x), p(x|z) and the terms of its bounds.

Source: Kingma and Welling (2013), Auto-Encoding Variational Bayes, arXiv 1312.6114.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import vae.determinism  # noqa: F401  before TensorFlow

import keras
import numpy as np
import tensorflow as tf

from vae.dense import Dense
from vae.likelihoods import make_likelihood
from vae.priors import MixturePrior, Prior, StandardNormal, log_standard_normal
from vae.streams import Purpose, seed_sequence

MIN_SCALE = 1e-6  # keeps log(scale) finite, six orders below the prior's scale of 1
# Of its distance from the origin, the least scale of a Gaussian of a learned prior: the
# density of a narrower one is lost in float32.
MIN_SHARE = 0.01


class Terms(NamedTuple):
    """Of images and samples z = loc + scale * noise from q(z|x), in nats.

    The mean of `-(rate + distortion)` over samples is an unbiased estimate of the ELBO;
    so is that of `log_weights`, with more variance. The logarithm of the mean of
    `exp(log_weights)` is the importance-weighted bound.

    Attributes:
        rate: KL(q(z|x) || p(z)), [batch]; in closed form with a standard prior, with a
            learned one the mean over the samples.
        distortion: -log p(x|z), [samples, batch].
        log_weights: log p(x, z) - log q(z|x), [samples, batch].
    """

    rate: tf.Tensor
    distortion: tf.Tensor
    log_weights: tf.Tensor


class VAE:
    """A dense encoder and its mirror image.

        p(z) = N(0, I),  q(z|x) = N(loc(x), scale(x)^2),  p(x|z) = likelihood(logits(z))

    The VampPrior (Tomczak and Welling 2018, arXiv 1705.07120) learns p(z) as a mixture,
    1/K sum_k q(z|u_k), of pseudo-inputs u_k that are trained with all other weights.

    Args:
        num_pixels: pixels of an image.
        latent_dim: number of latent dimensions.
        prior: `standard`, or `vamp` for the VampPrior.
        pseudo_inputs: of the VampPrior, how many.
        hidden_units: widths of the encoder's hidden layers, reversed in the decoder.
        activation: of the hidden layers, a name that Keras knows.
        likelihood: the family of p(x|z), a name that `make_likelihood` knows.
        gaussian_scale: of the Gaussian family.
        seed: of the initial weights; idle where weights are loaded.
    """

    def __init__(
        self,
        *,
        num_pixels: int,
        latent_dim: int,
        prior: str,
        pseudo_inputs: int,
        hidden_units: Sequence[int],
        activation: str,
        likelihood: str,
        gaussian_scale: float | str,
        seed: int = 0,
    ):
        seeds = seed_sequence(seed, Purpose.INITIAL_WEIGHTS)
        seeds = iter(seeds.generate_state(2 * len(hidden_units) + 2))

        def dense(name, units, activation, initializer):
            kernel = initializer(seed=int(next(seeds)))
            return Dense(units, activation, kernel_initializer=kernel, name=name)

        def network(name, num_inputs, widths, output_name, num_outputs):
            hidden = [
                dense(f"hidden_{i}", width, activation, keras.initializers.HeUniform)
                for i, width in enumerate(widths, start=1)
            ]
            output = dense(
                output_name, num_outputs, None, keras.initializers.GlorotUniform
            )
            layers = [keras.Input([num_inputs]), *hidden, output]
            return keras.Sequential(layers, name=name)

        self.latent_dim = latent_dim
        self.likelihood = make_likelihood(likelihood, gaussian_scale=gaussian_scale)
        self.encoder = network(
            "encoder", num_pixels, hidden_units, "posterior", 2 * latent_dim
        )
        self.decoder = network(
            "decoder", latent_dim, hidden_units[::-1], "likelihood", num_pixels
        )
        self.pseudo_inputs = None
        if prior == "vamp":
            shape = [pseudo_inputs, num_pixels]
            self.pseudo_inputs = keras.Variable(
                np.zeros(shape, np.float32), name="prior.pseudo_inputs"
            )

    def start_from(self, images: np.ndarray) -> None:
        """Begin training near these images, uint8 [images, pixels].

        E[x|z] starts near their mean; otherwise training spends its first steps on
        finding the background. Burda et al. (2016, arXiv 1509.00519) start so. The
        pseudo-inputs start as some of them.
        """
        mean = tf.constant(images.mean(axis=0) / 255, tf.float32)
        self.decoder.layers[-1].bias.assign(self.likelihood.output_for_mean(mean))
        if self.pseudo_inputs is not None:
            places = np.linspace(0, len(images) - 1, self.pseudo_inputs.shape[0])
            self.pseudo_inputs.assign(observations(images[places.astype(int)]))

    def prior(self) -> Prior:
        """p(z), with what is learned of it as it is now."""
        if self.pseudo_inputs is None:
            return StandardNormal(self.latent_dim)
        loc, scale = self.posterior(self.pseudo_inputs.value)
        # A path of the gradient through this would change the bits of all trainings.
        least = MIN_SHARE * tf.abs(tf.stop_gradient(loc))
        return MixturePrior(loc, tf.maximum(scale, least))

    def posterior(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """`loc` and `scale` [batch, latent] of q(z|x), of `x` [batch, pixels]."""
        loc, unbounded = tf.split(self.encoder(x), 2, axis=-1)  # [batch, latent]
        return loc, tf.nn.softplus(unbounded) + MIN_SCALE

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """What the likelihood takes, [..., pixels], of `z` [..., latent]."""
        rows = self.decoder(tf.reshape(z, [-1, z.shape[-1]]))
        return tf.reshape(rows, [*z.shape[:-1], rows.shape[-1]])

    def mean(self, z: tf.Tensor) -> tf.Tensor:
        """E[x|z] [..., pixels], in [0, 1] but for a Gaussian, of `z` [..., latent]."""
        return self.likelihood.mean(self.decode(z))

    def log_likelihood(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log p(x|z) [..., batch] in nats.

        Args:
            x: observations in [0, 1], [batch, pixels].
            z: [..., batch, latent].
        """
        return self.likelihood.log_prob(x, self.decode(z))

    def log_likelihood_pairs(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log p(x|z) [batch, points] of each `x` [batch, pixels] at each `z`.

        Args:
            x: observations in [0, 1].
            z: [points, latent].
        """
        *hidden, output = self.decoder.layers
        for layer in hidden:
            z = layer(z)
        return self.likelihood.log_prob_pairs(x, z, output)

    def terms(
        self, x: tf.Tensor, noise: tf.Tensor, *, doubly_reparameterised: bool = False
    ) -> Terms:
        """What every bound is made of, for each image and each sample z ~ q(z|x).

        Args:
            x: observations in [0, 1], [batch, pixels].
            noise: standard Gaussian, [samples, batch, latent].
            doubly_reparameterised: give the importance-weighted bound the gradient of
                Tucker et al. (2019, arXiv 1810.04152). Of normalised weights w_k, the
                decoder gets sum_k w_k d log p as always; the encoder, through the
                samples alone, sum_k w_k^2 d/dz (log p(x, z_k) - log q(z_k|x)) dz_k. The
                mean is the same, the variance smaller.
        """
        loc, scale = q_loc, q_scale = self.posterior(x)
        z = loc + scale * noise  # [samples, batch, latent]
        if doubly_reparameterised:
            z, set_weights = weighted_gradient(z)
            q_loc, q_scale = tf.stop_gradient(loc), tf.stop_gradient(scale)
        prior = self.prior()
        log_likelihood = self.log_likelihood(x, z)
        log_posterior = log_standard_normal((z - q_loc) / q_scale)
        log_posterior -= tf.math.log(q_scale)
        log_weights = log_likelihood + prior.log_prob(z)
        log_weights -= tf.reduce_sum(log_posterior, axis=-1)
        if doubly_reparameterised:
            set_weights(tf.nn.softmax(log_weights, axis=0))
        return Terms(prior.rate(loc, scale, z), -log_likelihood, log_weights)

    @property
    def variables(self) -> list[keras.Variable]:
        """Everything that is trained, the encoder's layers first."""
        return [
            *self.encoder.trainable_variables,
            *self.decoder.trainable_variables,
            *self.likelihood.variables,
            *([] if self.pseudo_inputs is None else [self.pseudo_inputs]),
        ]

    def named_weights(self) -> dict[str, np.ndarray]:
        """Each kernel [inputs, outputs] and bias [outputs] by its name, float32."""
        return {_name(v): np.asarray(v.numpy()) for v in self.variables}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take weights as `named_weights` gives them.

        Raises:
            ValueError: names, shapes or types are not those of this model, or a
                value is not finite.
        """
        received = {name: (a.shape, a.dtype.name) for name, a in weights.items()}
        expected = {_name(v): (tuple(v.shape), v.dtype) for v in self.variables}
        for name in sorted(received | expected):
            if received.get(name) != expected.get(name):
                raise ValueError(
                    f"weights of another model: {name} is {received.get(name)}, "
                    f"expected {expected.get(name)}"
                )
            if not np.isfinite(weights[name]).all():
                raise ValueError(f"{name} is not finite")
        for v in self.variables:
            v.assign(weights[_name(v)])


def weighted_gradient(z: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], None]]:
    """`z` [..., latent], and what sets the weights [...] that its gradient will take.

    They may be functions of z itself.
    """
    weights = []

    @tf.custom_gradient
    def identity(z):
        return tf.identity(z), lambda upstream: weights[0][..., None] * upstream

    return identity(z), weights.append


def log_mean_exp(values: tf.Tensor) -> tf.Tensor:
    """log of the mean of exp(values) over the first axis, without overflow."""
    return tf.reduce_logsumexp(values, axis=0) - math.log(values.shape[0])


def observations(images: tf.Tensor) -> tf.Tensor:
    """Bytes as numbers in [0, 1], float32 of the same shape."""
    return tf.cast(images, tf.float32) / 255.0


def _name(variable: keras.Variable) -> str:
    """`encoder.hidden_1.kernel`: network, layer, parameter."""
    return variable.path.replace("/", ".")
