"""Noise that is a function of (seed, purpose, index), whatever ran before.

A counter-based generator takes the two integers of a key and gives the same numbers at
each call. ThreeFry is the one that XLA computes fastest on a CPU: a sixth of the time
of Philox. Call these functions inside a compiled function: outside XLA, TensorFlow has
no ThreeFry.
"""

from enum import IntEnum

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf


class Purpose(IntEnum):
    """What a draw is for; each purpose has a stream of its own."""

    TRAINING_PIXELS = 0
    TRAINING_LATENTS = 1
    VALIDATION_LATENTS = 2
    EVALUATION_LATENTS = 3
    IMPORTANCE_LATENTS = 4
    AGGREGATE_LATENTS = 5
    PRIOR_LATENTS = 6


def _key(seed: int, purpose: Purpose, index: tf.Tensor) -> tf.Tensor:
    """A key [2] that differs wherever seed, purpose or index does."""
    return tf.stack([seed, index * len(Purpose) + int(purpose)])


def standard_normal(
    shape: list[int], *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Standard Gaussian noise of the given shape.

    Args:
        shape: of the result.
        seed: from `params.yaml`.
        purpose: what the noise is for.
        index: int32 below 2^28, such as the step since the start of training.
    """
    key = _key(seed, purpose, index)
    return tf.random.stateless_normal(shape, key, alg="threefry")


def draw_binary(
    images: tf.Tensor, *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Pixels 0.0 or 1.0, each a 1 with the probability that its grey value says.

    Compares 16 random bits with 2^16 byte / 255, rounded: the probability is byte / 255
    to within 2^-17, and exact for black and white. A random word serves two pixels,
    half an image apart, as words take a good part of the time of a training step.

    Args:
        images: uint8 [batch, pixels].
        seed, purpose, index: as for `standard_normal`.
    """
    batch, num_pixels = images.shape
    words = tf.random.stateless_uniform(
        [batch, (num_pixels + 1) // 2],
        _key(seed, purpose, index),
        minval=None,
        maxval=None,
        dtype=tf.uint32,
        alg="threefry",
    )
    bits = tf.concat([words // 2**16, words % 2**16], axis=-1)[:, :num_pixels]
    byte = tf.cast(images, tf.uint32)
    rounded = byte * 257 + byte // 128  # as 2^16 byte / 255 is byte * 257 + byte / 255
    return tf.cast(bits < rounded, tf.float32)
