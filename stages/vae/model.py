"""The variational autoencoder (Kingma and Welling 2013, arXiv 1312.6114)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae.learned_priors import PRIORS
from vae.likelihoods import LIKELIHOODS
from vae.numerics.dense import dense_network
from vae.numerics.determinism import keras, tf
from vae.numerics.gaussians import log_standard_normal
from vae.numerics.pixels import checked
from vae.numerics.streams import Purpose, seed_sequence
from vae.pipeline.registry import make

MIN_SCALE = 1e-6  # keeps log(scale) finite, six orders below the prior's scale of 1


class Terms(NamedTuple):
    """Terms of the bounds for images and samples z ~ q(z|x), in nats.

    The mean of `-(rate + distortion)` over samples is an unbiased estimate of the ELBO.
    The log of the mean of `exp(log_weights)` is the importance-weighted bound.
    """

    rate: tf.Tensor  # KL(q(z|x) || p(z)), [batch]
    distortion: tf.Tensor  # -log p(x|z), [samples, batch]
    log_weights: tf.Tensor  # log p(x, z) - log q(z|x), [samples, batch]


class VAE:
    """A dense encoder, and a decoder that is its mirror image.

        q(z|x) = N(loc(x), scale(x)^2),  p(x|z) = likelihood(decode(z)),  p(z) = prior

    Args:
        num_pixels: number of pixels per image.
        latent_dim: number of latent dimensions.
        hidden_units: widths of the encoder's hidden layers, reversed in the decoder.
        activation: activation of the hidden layers, by its name in Keras.
        likelihood, prior: names in `LIKELIHOODS` and `PRIORS`.
        seed: seed of the initial weights.
        settings: parameters of likelihood and prior, such as `gaussian_scale`.
    """

    def __init__(  # noqa: PLR0913
        self,
        *,
        num_pixels: int,
        latent_dim: int,
        hidden_units: Sequence[int],
        activation: str,
        likelihood: str,
        prior: str,
        seed: int = 0,
        **settings: float | str,
    ):
        seeds = seed_sequence(seed, Purpose.INITIAL_WEIGHTS)
        seeds = map(int, seeds.generate_state(2 * len(hidden_units) + 2))
        widths = [num_pixels, *hidden_units, 2 * latent_dim]
        self.encoder = dense_network("encoder", widths, activation, "posterior", seeds)
        widths = [latent_dim, *reversed(hidden_units), num_pixels]
        self.decoder = dense_network("decoder", widths, activation, "likelihood", seeds)
        self.num_pixels, self.latent_dim = num_pixels, latent_dim
        self.likelihood = make(LIKELIHOODS, likelihood, **settings)
        settings |= {"num_pixels": num_pixels, "latent_dim": latent_dim}
        self.prior = make(
            PRIORS, prior, posterior=self.posterior, seed=seed, **settings
        )

    def start_from(self, images: np.ndarray) -> None:
        """Begin training near these images, uint8 [images, pixels].

        E[x|z] starts near their mean, as in Burda et al. (2016, arXiv 1509.00519).
        """
        mean = tf.constant(images.mean(axis=0) / 255, tf.float32)
        self.decoder.layers[-1].bias.assign(self.likelihood.output_for_mean(mean))
        self.prior.start_from(images)

    def posterior(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute loc and scale [batch, latent] of q(z|x) for `x` [batch, pixels]."""
        x = checked(x, self.num_pixels)
        loc, unbounded = tf.split(self.encoder(x), 2, axis=-1)
        return loc, tf.nn.softplus(unbounded) + MIN_SCALE

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """Compute the decoder output [..., pixels] for `z` [..., latent]."""
        rows = self.decoder(tf.reshape(z, [-1, z.shape[-1]]))
        return tf.reshape(rows, [*z.shape[:-1], rows.shape[-1]])

    def mean(self, z: tf.Tensor) -> tf.Tensor:
        """Compute E[x|z] [..., pixels] for `z` [..., latent]."""
        return self.likelihood.mean(self.decode(z))

    def log_likelihood(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Compute log p(x|z) [..., batch] for `x` [batch, pixels]."""
        return self.likelihood.log_prob(x, self.decode(z))

    def log_likelihood_pairs(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Compute log p(x|z) of all pairs of `x` [batch, ...] and `z` [points, ...]."""
        *hidden, output = self.decoder.layers
        for layer in hidden:
            z = layer(z)
        return self.likelihood.log_prob_pairs(x, z, output)

    def terms(self, x: tf.Tensor, noise: tf.Tensor) -> Terms:
        """Compute the terms for `x` [batch, pixels], noise [samples, batch, latent]."""
        loc, scale = self.posterior(x)
        return self.terms_at(x, loc + scale * noise, loc, scale)

    def terms_at(
        self, x: tf.Tensor, z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
    ) -> Terms:
        """Compute the terms at samples `z` of q(z|x) = N(loc, scale^2)."""
        prior = self.prior.current()
        log_likelihood = self.log_likelihood(x, z)
        log_posterior = log_standard_normal((z - loc) / scale) - tf.math.log(scale)
        log_posterior = tf.reduce_sum(log_posterior, axis=-1)
        log_weights = log_likelihood + prior.log_prob(z) - log_posterior
        return Terms(prior.rate(loc, scale, z), -log_likelihood, log_weights)

    @property
    def variables(self) -> list[keras.Variable]:
        """All weights, the encoder's layers first."""
        networks = *self.encoder.trainable_variables, *self.decoder.trainable_variables
        return [*networks, *self.likelihood.variables, *self.prior.variables]
