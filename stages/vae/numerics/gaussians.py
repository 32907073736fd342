"""Densities, divergences, mixtures and extents of Gaussians."""

import math

import numpy as np

from vae.numerics.dense import Dense
from vae.numerics.determinism import tf
from vae.numerics.products import trained_product

LOG_2PI = math.log(2 * math.pi)
# An axis of a grid reaches this many standard deviations of every component; a quarter
# of the components lies in its core, where the points are dense.
LIMIT, CORE = 6.0, 0.25


def log_standard_normal(values: tf.Tensor) -> tf.Tensor:
    """Compute log N(value; 0, 1), element by element."""
    return -0.5 * tf.square(values) - 0.5 * LOG_2PI


def divergence(
    loc: tf.Tensor, scale: tf.Tensor, mean: tf.Tensor = 0.0, deviation: tf.Tensor = 1.0
) -> tf.Tensor:
    """Compute KL(N(loc, scale^2) || N(mean, deviation^2)) in nats, element by element.

    1/2 (((loc - mean)^2 + scale^2) / deviation^2 - 1) - log(scale / deviation)
    """
    squares = tf.square((loc - mean) / deviation) + tf.square(scale / deviation)
    return 0.5 * (squares - 1.0) - tf.math.log(scale / deviation)


def entropy(scale: tf.Tensor) -> tf.Tensor:
    """Compute the entropy of N(., scale^2) in nats, over the last axis."""
    return tf.reduce_sum(tf.math.log(scale) + 0.5 * (LOG_2PI + 1.0), axis=-1)


def mixture_log_prob(z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Compute log 1/K sum_k N(z; loc_k, scale_k^2) [...] for `z` [..., latent].

    (z - loc)^2 / scale^2 is expanded in powers of z, so that one product computes all
    pairs. Terms of size loc^2 / scale^2 cancel: with loc / scale at most 100, the error
    is about 0.001 nats in two dimensions.

    Args:
        z: [..., latent].
        loc, scale: [components, latent].
    """
    precision = 1.0 / tf.square(scale)
    log_norm = tf.reduce_sum(
        0.5 * tf.square(loc) * precision + tf.math.log(scale), axis=-1
    )  # [components]
    rows = tf.reshape(z, [-1, z.shape[-1]])
    features = tf.concat([tf.square(rows), rows], axis=-1)
    weights = tf.concat([-0.5 * precision, loc * precision], axis=-1)
    each = trained_product(features, tf.transpose(weights)) - log_norm
    log_prob = tf.reduce_logsumexp(each, axis=-1) - math.log(loc.shape[0])
    return tf.reshape(log_prob - 0.5 * z.shape[-1] * LOG_2PI, z.shape[:-1])


def log_prob_pairs(
    x: tf.Tensor, hidden: tf.Tensor, layer: Dense, log_scale: float | tf.Tensor
) -> tf.Tensor:
    """Compute log N(x; layer(hidden), scale^2 I) [batch, points] for all pairs.

    The squares are expanded, which leaves a product of few columns. Large terms cancel
    if the scale is small, so the computation is in float64.

    Args:
        x: [batch, outputs].
        hidden: [points, inputs].
        layer: a linear layer.
        log_scale: the logarithm of the standard deviation of every output.
    """
    loc = tf.cast(layer(hidden), tf.float64)
    x, hidden = tf.cast(x, tf.float64), tf.cast(hidden, tf.float64)
    log_scale = tf.cast(log_scale, tf.float64)
    squares = tf.reduce_sum(x**2, -1)[:, None] + tf.reduce_sum(loc**2, -1)
    squares -= 2.0 * layer.inner_products(x, hidden)  # [batch, points]
    log_normalizer = x.shape[-1] * (log_scale + 0.5 * LOG_2PI)
    log_prob = -0.5 * squares * tf.exp(-2.0 * log_scale) - log_normalizer
    return tf.cast(log_prob, tf.float32)


def mixture_moments(loc: tf.Tensor, scale: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute mean and standard deviation [latent] of [components, latent]."""
    mean = tf.reduce_mean(loc, axis=0)
    squares = tf.square(loc - mean) + tf.square(scale)
    return mean, tf.sqrt(tf.reduce_mean(squares, axis=0))


def mixture_extent(
    loc: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return center, core and stretch of a grid that covers a mixture of Gaussians.

    Args:
        loc, scale: [components, latent].

    Returns:
        float64 [latent] each: the center; the core, which is the distance from there of
        the nearest quarter of the components, standard deviation included; and how many
        times LIMIT cores it takes to hold all with LIMIT deviations, at least 1.
    """
    loc, scale = np.asarray(loc, np.float64), np.asarray(scale, np.float64)
    center = np.quantile(loc, 0.5, axis=0, method="lower")
    distance = np.abs(loc - center)  # [components, latent]
    core = np.quantile(distance + scale, CORE, axis=0, method="lower")
    reach = np.max(distance + LIMIT * scale, axis=0)
    return center, core, np.maximum(reach / (LIMIT * core), 1.0)
