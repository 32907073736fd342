"""What training minimises: a loss for each image, from the terms of the bounds.

`progress` is the number of epochs since the start, a fraction within an epoch. Each
objective tells the value of what it varies over training as `schedule(progress)`.
"""

from dataclasses import dataclass

import vae.determinism  # noqa: F401  before TensorFlow

import tensorflow as tf

from vae.model import Terms, log_mean_exp


@dataclass(frozen=True)
class WeightedElbo:
    """distortion + beta * rate: the negative ELBO where beta is 1.

    Source: Kingma and Welling (2013), arXiv 1312.6114; beta: Higgins et al. (2017).

    Args:
        beta: weight of the rate.
        warmup_epochs: over which the weight rises linearly from 0.
    """

    doubly_reparameterised = False
    beta: float
    warmup_epochs: int

    def schedule(self, progress: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"beta": self.beta * _ramp(progress, self.warmup_epochs)}

    def loss(self, terms: Terms, progress: tf.Tensor) -> tf.Tensor:
        beta = self.schedule(progress)["beta"]
        return tf.reduce_mean(terms.distortion, axis=0) + beta * terms.rate


@dataclass(frozen=True)
class Capacity:
    """distortion + gamma * |rate - C|: holds the rate of each image near C nats.

    Source: Burgess et al. (2018), arXiv 1804.03599, equation 8, written for one image:
    the absolute value is taken here for each image, not of the mean over a batch.

    Args:
        gamma: weight of the deviation.
        capacity: nats at which C ends.
        capacity_epochs: over which C rises linearly from 0.
    """

    doubly_reparameterised = False
    gamma: float
    capacity: float
    capacity_epochs: int

    def schedule(self, progress: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"capacity": self.capacity * _ramp(progress, self.capacity_epochs)}

    def loss(self, terms: Terms, progress: tf.Tensor) -> tf.Tensor:
        deviation = tf.abs(terms.rate - self.schedule(progress)["capacity"])
        return tf.reduce_mean(terms.distortion, axis=0) + self.gamma * deviation


@dataclass(frozen=True)
class ImportanceWeighted:
    """-log mean over samples of p(x, z) / q(z|x): tightens with more samples.

    Source: Burda et al. (2016), arXiv 1509.00519; the doubly reparameterised gradient:
    Tucker et al. (2019), arXiv 1810.04152.

    Args:
        doubly_reparameterised: how the encoder gets its gradient, see `VAE.terms`.
    """

    doubly_reparameterised: bool

    def schedule(self, progress: tf.Tensor) -> dict[str, tf.Tensor]:
        return {}

    def loss(self, terms: Terms, progress: tf.Tensor) -> tf.Tensor:
        return -log_mean_exp(terms.log_weights)


Objective = WeightedElbo | Capacity | ImportanceWeighted


def make_objective(
    *,
    objective: str,
    beta: float,
    beta_warmup_epochs: int,
    gamma: float,
    capacity: float,
    capacity_epochs: int,
) -> Objective:
    """The objective of this name, with what concerns it of the other parameters."""
    match objective:
        case "elbo":
            return WeightedElbo(beta, beta_warmup_epochs)
        case "capacity":
            return Capacity(gamma, capacity, capacity_epochs)
        case "iwae":
            return ImportanceWeighted(doubly_reparameterised=False)
        case "dreg":
            return ImportanceWeighted(doubly_reparameterised=True)
    raise ValueError(f"unknown objective {objective!r}")


def _ramp(progress: tf.Tensor, num_epochs: int) -> tf.Tensor:
    """From 0 to 1 over the first `num_epochs`, 1 from there on."""
    if num_epochs == 0:
        return tf.ones_like(progress)
    return tf.minimum(progress / num_epochs, 1.0)
