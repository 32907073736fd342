"""Training objectives: a loss per image, computed from the terms of the bounds."""

from dataclasses import dataclass

from vae.model import VAE, Terms
from vae.numerics.determinism import tf
from vae.numerics.gradients import weighted_gradient
from vae.numerics.logarithms import log_mean_exp


class Objective:
    """A loss. Its fields are parameters of `train`; `progress` is time in epochs.

    If `by_dimension`, the learning curve has the rate of each latent dimension.
    """

    by_dimension = False

    def schedule(self, progress: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the values that vary during training, by name."""
        return {}

    def terms(self, vae: VAE, x: tf.Tensor, noise: tf.Tensor) -> Terms:
        """Compute the terms with the gradients of the objective."""
        return vae.terms(x, noise)

    def loss(self, terms: Terms, progress: tf.Tensor) -> tf.Tensor:
        """Compute the loss [batch] in nats."""
        raise NotImplementedError


@dataclass(frozen=True)
class WeightedElbo(Objective):
    """distortion + beta * rate, which is the negative ELBO if beta is 1.

    Source: Kingma and Welling (2013), arXiv 1312.6114; beta: Higgins et al. (2017).
    """

    beta: float  # weight of the rate
    beta_warmup_epochs: int  # epochs over which the weight rises linearly from 0

    def schedule(self, progress):
        return {"beta": self.beta * _ramp(progress, self.beta_warmup_epochs)}

    def loss(self, terms, progress):
        beta = self.schedule(progress)["beta"]
        return tf.reduce_mean(terms.distortion, axis=0) + beta * terms.rate


@dataclass(frozen=True)
class Capacity(Objective):
    """distortion + gamma * |rate - C|, which holds the rate per image near C nats.

    Source: Burgess et al. (2018), arXiv 1804.03599, equation 8. The paper writes it for
    one image, so the absolute value is taken per image, not of the batch mean.
    """

    gamma: float  # weight of the deviation
    capacity: float  # final value of C, in nats
    capacity_epochs: int  # epochs over which C rises linearly from 0
    by_dimension = True

    def schedule(self, progress):
        return {"capacity": self.capacity * _ramp(progress, self.capacity_epochs)}

    def loss(self, terms, progress):
        deviation = tf.abs(terms.rate - self.schedule(progress)["capacity"])
        return tf.reduce_mean(terms.distortion, axis=0) + self.gamma * deviation


class ImportanceWeighted(Objective):
    """-log mean_k p(x, z_k) / q(z_k|x), as in Burda et al. (2016, arXiv 1509.00519)."""

    def loss(self, terms, progress):
        return -log_mean_exp(terms.log_weights)


class DoublyReparameterized(ImportanceWeighted):
    """The same loss with an encoder gradient of less variance.

    It is sum_k w_k^2 d/dz log(p(x, z_k) / q(z_k|x)) dz_k with normalized weights w_k,
    through the samples alone. Source: Tucker et al. (2019), arXiv 1810.04152.
    """

    def terms(self, vae, x, noise):
        loc, scale = vae.posterior(x)
        z, set_weights = weighted_gradient(loc + scale * noise)
        terms = vae.terms_at(x, z, tf.stop_gradient(loc), tf.stop_gradient(scale))
        set_weights(tf.nn.softmax(terms.log_weights, axis=0))
        return terms


OBJECTIVES = {
    "elbo": WeightedElbo,
    "capacity": Capacity,
    "iwae": ImportanceWeighted,
    "dreg": DoublyReparameterized,
}


def _ramp(progress: tf.Tensor, num_epochs: int) -> tf.Tensor:
    """Return a factor that rises from 0 to 1 over `num_epochs` and stays at 1."""
    one = tf.ones_like(progress)
    return tf.minimum(progress / num_epochs, one) if num_epochs else one
