"""Families of p(x|z): log densities in nats and means, from the decoder's output.

A family is a class with the following, a line in `make_likelihood` and its name in
`vae.params`; the model, the objectives and the evaluation know no more of it.

    log_prob(x, output)         log p(x|z) [..., batch] in nats, of [..., batch, pixels]
    log_prob_pairs(x, hidden, layer)   each of [batch, pixels] under each of [points,
                                units], from which the decoder's last layer computes
                                its output: [batch, points], by matrix products
    mean(output)                E[x|z], of the shape of the output
    output_for_mean(mean)       the output that has this mean
    binary                      of pixels 0 or 1, not a density of grey ones
    variables                   what is trained beside the decoder's layers
"""

import math

import vae.determinism  # noqa: F401  before TensorFlow

import keras
import numpy as np
import tensorflow as tf

from vae.dense import Dense

PSEUDO_LIKELIHOOD = (
    "pseudo-likelihood: this model.likelihood does not suit preprocess.binarization; "
    "its numbers compare with no others"
)


class Bernoulli:
    """Independent binary pixels; the decoder's output is their logits.

    log p(x|z) = sum_i (x_i log m_i + (1 - x_i) log(1 - m_i)),  m = sigmoid(logits)

    On grey pixels the same formula is no log density but a pseudo-likelihood, which
    cannot be compared with any other number.
    """

    binary = True
    variables = ()

    def log_normaliser(self, logits: tf.Tensor) -> tf.Tensor:
        """Of images [...], in the form log p = sum_i x_i logit_i - log_normaliser."""
        softplus = tf.reduce_sum(tf.nn.relu(logits), axis=-1)
        return softplus + sum_log(1.0 + tf.exp(-tf.abs(logits)))

    def log_prob(self, x: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        return binary_log_prob(x, logits)

    def log_prob_pairs(
        self, x: tf.Tensor, hidden: tf.Tensor, layer: Dense
    ) -> tf.Tensor:
        return layer.inner_products(x, hidden) - self.log_normaliser(layer(hidden))

    def mean(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(logits)

    def output_for_mean(self, mean: tf.Tensor) -> tf.Tensor:
        mean = tf.clip_by_value(mean, 0.001, 0.999)
        return tf.math.log(mean) - tf.math.log1p(-mean)


@tf.custom_gradient
def binary_log_prob(x: tf.Tensor, logits: tf.Tensor):
    """sum_i (x_i logit_i - log(1 + exp(logit_i))), [...] of [..., pixels] both.

    log(1 + exp(t)) is written as max(t, 0) + log(1 + exp(-|t|)). The gradient is that
    of the formula, x - sigmoid(logits), and taken with respect to the logits alone.
    """

    def gradient(upstream: tf.Tensor):
        return None, upstream[..., None] * (x - tf.sigmoid(logits))

    linear = tf.reduce_sum(x * logits - tf.nn.relu(logits), axis=-1)
    return linear - sum_log(1.0 + tf.exp(-tf.abs(logits))), gradient


def sum_log(factors: tf.Tensor) -> tf.Tensor:
    """The sum of the logarithms over the last axis, of factors from 1 to 2.

    Logarithms are expensive: the first half of the factors is multiplied by the second,
    as often as there are halves and the products, at most 2^64, cannot overflow.
    """
    num_factors = 1
    while factors.shape[-1] % 2 == 0 and num_factors < 64:
        first, second = tf.split(factors, 2, axis=-1)
        factors = first * second
        num_factors *= 2
    return tf.reduce_sum(tf.math.log(factors), axis=-1)


class ContinuousBernoulli(Bernoulli):
    """Independent pixels in [0, 1] with a density that is exponential in x.

    log p(x|z) = sum_i (x_i logit_i - log integral_0^1 exp(t logit_i) dt), x_i in [0, 1]

    Source: Loaiza-Ganem and Cunningham (2019), arXiv 1907.06845, whose normaliser
    this is once their sigmoids are written out.
    """

    binary = False

    def log_prob(self, x: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(x * logits, axis=-1) - self.log_normaliser(logits)

    def log_normaliser(self, logits: tf.Tensor) -> tf.Tensor:
        """sum_i log integral_0^1 exp(t l_i) dt = sum_i log((exp(l_i) - 1) / l_i)."""
        small, safe = _split_small(logits)
        series = logits / 2.0 + logits**2 / 24.0 - logits**4 / 2880.0
        # For negative logits the integral is exp(logit) times that of -logit.
        size = tf.abs(safe)
        exact = tf.maximum(safe, 0.0) + tf.math.log(-tf.math.expm1(-size) / size)
        return tf.reduce_sum(tf.where(small, series, exact), axis=-1)

    def mean(self, logits: tf.Tensor) -> tf.Tensor:
        small, safe = _split_small(logits)
        series = 0.5 + logits / 12.0 - logits**3 / 720.0
        # 1 / (1 - exp(-t)) - 1 / t for positive t; for negative t by symmetry
        size = tf.abs(safe)
        upper = -1.0 / tf.math.expm1(-size) - 1.0 / size
        exact = tf.where(safe > 0, upper, 1.0 - upper)
        return tf.where(small, series, exact)

    def output_for_mean(self, mean: tf.Tensor) -> tf.Tensor:
        mean = tf.clip_by_value(mean, 0.001, 0.999)
        low, high = tf.fill(mean.shape, -1001.0), tf.fill(mean.shape, 1001.0)
        for _ in range(40):  # the mean rises with the logit: halve the interval
            middle = (low + high) / 2.0
            above = self.mean(middle) > mean
            low, high = tf.where(above, low, middle), tf.where(above, middle, high)
        return (low + high) / 2.0


def _split_small(t: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where a series must serve, and `t` with these places out of harm's way.

    Without the second, the gradient of the branch not taken would be 0 * nan = nan.
    """
    small = tf.abs(t) < 0.5  # here the next term of either series is about 1e-6
    return small, tf.where(small, tf.ones_like(t), t)


class Gaussian:
    """Independent Gaussian pixels around the decoder's output, with one scale.

    log p(x|z) = -sum_i (1/2 ((x_i - loc_i) / scale)^2 + log scale + 1/2 log(2 pi))

    A density, so its logarithm exceeds 0 where the scale is small.

    Args:
        scale: standard deviation of every pixel, or `learned` for one that is trained
            with the weights, from 1 (Rybkin et al. 2021, arXiv 2006.13202).
    """

    binary = False

    def __init__(self, scale: float | str):
        if scale == "learned":
            self._log_scale = keras.Variable(
                0.0, dtype="float32", name="likelihood.log_scale"
            )
            self.variables = (self._log_scale,)
        else:
            self._log_scale = math.log(scale)
            self.variables = ()

    def log_prob(self, x: tf.Tensor, loc: tf.Tensor) -> tf.Tensor:
        log_scale = tf.convert_to_tensor(self._log_scale)
        deviation = (x - loc) * tf.exp(-log_scale)
        log_normaliser = log_scale + 0.5 * math.log(2 * math.pi)
        return -tf.reduce_sum(0.5 * tf.square(deviation) + log_normaliser, axis=-1)

    def log_prob_pairs(
        self, x: tf.Tensor, hidden: tf.Tensor, layer: Dense
    ) -> tf.Tensor:
        # The squares cancel, and are large beside a small scale: hence 64 bits.
        loc = tf.cast(layer(hidden), tf.float64)
        x, hidden = tf.cast(x, tf.float64), tf.cast(hidden, tf.float64)
        log_scale = tf.cast(self._log_scale, tf.float64)
        squares = tf.reduce_sum(x**2, -1)[:, None] + tf.reduce_sum(loc**2, -1)
        squares -= 2.0 * layer.inner_products(x, hidden)  # [batch, points]
        log_normaliser = x.shape[-1] * (log_scale + 0.5 * math.log(2 * math.pi))
        log_prob = -0.5 * squares * tf.exp(-2.0 * log_scale) - log_normaliser
        return tf.cast(log_prob, tf.float32)

    def mean(self, loc: tf.Tensor) -> tf.Tensor:
        return loc

    def output_for_mean(self, mean: tf.Tensor) -> tf.Tensor:
        return mean


Likelihood = Bernoulli | ContinuousBernoulli | Gaussian


def make_likelihood(name: str, *, gaussian_scale: float | str) -> Likelihood:
    """The family of this name; only the Gaussian has a scale."""
    match name:
        case "bernoulli":
            return Bernoulli()
        case "continuous_bernoulli":
            return ContinuousBernoulli()
        case "gaussian":
            return Gaussian(gaussian_scale)
    raise ValueError(f"unknown likelihood {name!r}")


def is_pseudo_likelihood(likelihood: Likelihood, images: np.ndarray) -> bool:
    """Whether grey pixels are taken for binary ones or the other way round.

    Cross-entropy of grey pixels is no log density, and a density of binary pixels has
    no bound; neither number compares with any other.

    Args:
        likelihood: of the model.
        images: uint8, as the model sees them; binary ones are 0 or 255.
    """
    return likelihood.binary != bool(((images == 0) | (images == 255)).all())
