"""Sums and means of logarithms and exponentials: fast, and without overflow."""

import math
from collections.abc import Callable

from vae.numerics.determinism import tf

MOST_FACTORS = 64
assert tf.float32.max > 2.0**MOST_FACTORS


def log_mean_exp(values: tf.Tensor) -> tf.Tensor:
    """Compute the log of the mean of exp(values) over the first axis."""
    return tf.reduce_logsumexp(values, axis=0) - math.log(values.shape[0])


def sum_log(factors: tf.Tensor) -> tf.Tensor:
    """Sum the logarithms of factors between 1 and 2 over the last axis.

    Logarithms are expensive, so the first half of the factors is multiplied by the
    second, as often as their number is even. A product of at most 64 such factors is at
    most 2^64, which float32 can hold. This computes the log likelihood of binary images
    1.4 times as fast as a logarithm per pixel, and 1.3 times with its gradient.
    """
    num_factors = 1
    while factors.shape[-1] % 2 == 0 and num_factors < MOST_FACTORS:
        first, second = tf.split(factors, 2, axis=-1)
        factors = first * second
        num_factors *= 2
    return tf.reduce_sum(tf.math.log(factors), axis=-1)


def sum_softplus(logits: tf.Tensor) -> tf.Tensor:
    """Sum log(1 + exp(logit)) over the last axis, as max(t, 0) + log(1 + exp(-|t|))."""
    positive = tf.reduce_sum(tf.nn.relu(logits), axis=-1)
    return positive + sum_log(1.0 + tf.exp(-tf.abs(logits)))


@tf.custom_gradient
def binary_log_prob(x: tf.Tensor, logits: tf.Tensor):
    """Compute sum_i (x_i logit_i - log(1 + exp(logit_i))) over the last axis.

    The gradient is that of the formula, x - sigmoid(logits), which takes less time than
    that of its parts; `x` has no gradient.
    """

    def gradient(upstream: tf.Tensor):
        return None, upstream[..., None] * (x - tf.sigmoid(logits))

    linear = tf.reduce_sum(x * logits - tf.nn.relu(logits), axis=-1)
    return linear - sum_log(1.0 + tf.exp(-tf.abs(logits))), gradient


def sum_log_integral(logits: tf.Tensor) -> tf.Tensor:
    """Sum log integral_0^1 exp(t logit) dt = log((exp(logit) - 1) / logit).

    Near 0, where the formula is 0 / 0, it uses a Taylor series.
    """
    small, safe = _split_small(logits)
    series = logits / 2.0 + logits**2 / 24.0 - logits**4 / 2880.0
    # For negative logits the integral is exp(logit) times that of -logit.
    size = tf.abs(safe)
    exact = tf.maximum(safe, 0.0) + tf.math.log(-tf.math.expm1(-size) / size)
    return tf.reduce_sum(tf.where(small, series, exact), axis=-1)


def mean_of_exponential(logits: tf.Tensor) -> tf.Tensor:
    """Compute the mean of the density on [0, 1] that is proportional to exp(t logit).

    This is 1 / (1 - exp(-logit)) - 1 / logit, the derivative of the log integral.
    """
    small, safe = _split_small(logits)
    series = 0.5 + logits / 12.0 - logits**3 / 720.0
    size = tf.abs(safe)
    upper = -1.0 / tf.math.expm1(-size) - 1.0 / size
    exact = tf.where(safe > 0, upper, 1.0 - upper)  # symmetric about one half
    return tf.where(small, series, exact)


def inverse(increasing: Callable, values: tf.Tensor) -> tf.Tensor:
    """Find the arguments between -1001 and 1001 at which a function has these values.

    The function must increase.
    """
    low, high = tf.fill(values.shape, -1001.0), tf.fill(values.shape, 1001.0)
    for _ in range(40):  # halve the interval
        middle = (low + high) / 2.0
        above = increasing(middle) > values
        low, high = tf.where(above, low, middle), tf.where(above, middle, high)
    return (low + high) / 2.0


def _split_small(t: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return where a series must be used, and `t` with 1 in these positions.

    Without the 1, the gradient of the branch not taken would be 0 * nan = nan.
    """
    small = tf.abs(t) < 0.5  # here the next term of either series is about 1e-6
    return small, tf.where(small, tf.ones_like(t), t)
