"""Likelihoods p(x|z): log densities in nats and means of the decoder output."""

import math

from vae.numerics import gaussians, logarithms
from vae.numerics.dense import Dense
from vae.numerics.determinism import keras, tf


class Likelihood:
    """A family of p(x|z). Each defines some of these methods:

        log_prob(x, output)      log p(x|z) [...] in nats, both arrays [..., pixels]
        mean(output)             E[x|z], in the shape of the output
        output_for_mean(mean)    an output with this mean, where training starts
        draw(output, chances)    x ~ p(x|z) as bytes, from uniform noise [..., pixels]

    Attributes:
        binary: whether pixels must be 0 or 1; for others it is a pseudo-likelihood.
        variables: weights in addition to those of the decoder's layers.
    """

    binary = False
    variables: tuple[keras.Variable, ...] = ()

    def log_prob(self, x: tf.Tensor, output: tf.Tensor) -> tf.Tensor: ...
    def mean(self, output: tf.Tensor) -> tf.Tensor: ...
    def draw(self, output: tf.Tensor, chances: tf.Tensor) -> tf.Tensor: ...

    def output_for_mean(self, mean: tf.Tensor) -> tf.Tensor:
        return logarithms.inverse(self.mean, tf.clip_by_value(mean, 0.001, 0.999))

    def log_prob_pairs(
        self, x: tf.Tensor, hidden: tf.Tensor, layer: Dense
    ) -> tf.Tensor:
        """Compute log p(x|z) [batch, points] for all pairs of images and points.

        `x` is [batch, pixels], `hidden` is the decoder's last hidden layer [points,
        units], and `layer` its output layer. Likelihoods that are linear in x override
        this by a matrix product, which is faster.
        """
        each = tf.map_fn(lambda output: self.log_prob(x, output), layer(hidden))
        return tf.transpose(each)


class Bernoulli(Likelihood):
    """Independent binary pixels; the decoder output is their logits.

    log p(x|z) = sum_i (x_i log m_i + (1 - x_i) log(1 - m_i)),  m = sigmoid(logits)
    """

    binary = True

    def log_prob(self, x, logits):
        return logarithms.binary_log_prob(x, logits)

    def log_prob_pairs(self, x, hidden, layer):
        return layer.inner_products(x, hidden) - logarithms.sum_softplus(layer(hidden))

    def mean(self, logits):
        return tf.sigmoid(logits)

    def output_for_mean(self, mean):
        mean = tf.clip_by_value(mean, 0.001, 0.999)
        return tf.math.log(mean) - tf.math.log1p(-mean)

    def draw(self, logits, chances):
        return tf.cast(chances < self.mean(logits), tf.uint8) * 255


class ContinuousBernoulli(Likelihood):
    """Independent pixels in [0, 1] with a density that is exponential in x.

    log p(x|z) = sum_i (x_i logit_i - log integral_0^1 exp(t logit_i) dt), x_i in [0, 1]

    Source: Loaiza-Ganem and Cunningham (2019), arXiv 1907.06845.
    """

    def log_prob(self, x, logits):
        return tf.reduce_sum(x * logits, axis=-1) - logarithms.sum_log_integral(logits)

    def log_prob_pairs(self, x, hidden, layer):
        return layer.inner_products(x, hidden) - logarithms.sum_log_integral(
            layer(hidden)
        )

    def mean(self, logits):
        return logarithms.mean_of_exponential(logits)


class Gaussian(Likelihood):
    """Independent Gaussian pixels around the decoder output, with one scale.

    log p(x|z) = -sum_i (1/2 ((x_i - loc_i) / scale)^2 + log scale + 1/2 log(2 pi))

    A `learned` scale starts at 1 (Rybkin et al. 2021, arXiv 2006.13202).
    """

    def __init__(self, gaussian_scale: float | str):
        if gaussian_scale == "learned":
            self._log_scale = keras.Variable(0.0, name="likelihood.log_scale")
            self.variables = (self._log_scale,)
        else:
            self._log_scale = math.log(float(gaussian_scale))

    def log_prob(self, x, loc):
        log_scale = tf.convert_to_tensor(self._log_scale)
        deviation = (x - loc) * tf.exp(-log_scale)
        log_normalizer = log_scale + 0.5 * gaussians.LOG_2PI
        return -tf.reduce_sum(0.5 * tf.square(deviation) + log_normalizer, axis=-1)

    def log_prob_pairs(self, x, hidden, layer):
        return gaussians.log_prob_pairs(x, hidden, layer, self._log_scale)

    def mean(self, loc):
        return loc

    def output_for_mean(self, mean):
        return mean


LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
    "gaussian": Gaussian,
}
