"""Families of p(x|z): log densities in nats and means, from the decoder's output."""

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf


class Bernoulli:
    """Independent binary pixels; the decoder's output is their logits.

    log p(x|z) = sum_i x_i log m_i + (1 - x_i) log(1 - m_i),  m = sigmoid(logits)

    On grey pixels the same formula is no log density but a pseudo-likelihood, which
    cannot be compared with any other number.
    """

    @staticmethod
    def log_prob(x: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """log p(x|z) [..., batch] in nats, of `x` and `logits` [..., batch, pixels]."""
        # Of all stable forms this is the one whose gradient is x - sigmoid(logits).
        return tf.reduce_sum(x * logits - tf.nn.softplus(logits), axis=-1)

    @staticmethod
    def output_at(mean: tf.Tensor) -> tf.Tensor:
        """The logits whose mean this is, where it is not too close to 0 or 1."""
        mean = tf.clip_by_value(mean, 0.001, 0.999)
        return tf.math.log(mean) - tf.math.log1p(-mean)

    @staticmethod
    def mean(logits: tf.Tensor) -> tf.Tensor:
        """E[x|z] in [0, 1], of the shape of `logits`."""
        return tf.sigmoid(logits)


LIKELIHOODS = {"bernoulli": Bernoulli}
