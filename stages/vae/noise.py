"""Noise that is a function of (seed, purpose, index), as `vae.streams` keys it.

A counter-based generator takes the two integers of a key and gives the same numbers at
each call. ThreeFry is the one that XLA computes fastest on a CPU: a sixth of the time
of Philox. Outside XLA, TensorFlow has no ThreeFry: call these functions inside a
compiled function, or `draw_standard_normal`, which is one.
"""

import vae.determinism  # noqa: F401  before TensorFlow

import tensorflow as tf

from vae.streams import Purpose, stream_key


def standard_normal(
    shape: list[int], *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Standard Gaussian noise of the given shape.

    Args:
        shape: of the result.
        seed, purpose, index: as for `stream_key`; the index is int32.
    """
    key = tf.stack(stream_key(seed, purpose, index))
    return tf.random.stateless_normal(shape, key, alg="threefry")


def uniform(
    shape: list[int], *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Uniform noise in [0, 1) of the given shape; arguments as above."""
    key = tf.stack(stream_key(seed, purpose, index))
    return tf.random.stateless_uniform(shape, key, alg="threefry")


@tf.function(jit_compile=True)
def draw_standard_normal(
    shape: list[int], *, seed: int, purpose: Purpose, index: int
) -> tf.Tensor:
    """The same numbers, for code that is not compiled."""
    return standard_normal(shape, seed=seed, purpose=purpose, index=index)


def draw_binary(
    images: tf.Tensor, *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Pixels 0.0 or 1.0, each a 1 with the probability that its grey value says.

    Compares 16 random bits with 2^16 byte / 255, rounded: the probability is byte / 255
    to within 2^-17, and exact for black and white. A random word serves two pixels,
    half an image apart, as words take a good part of the time of a training step.

    Args:
        images: uint8 [batch, pixels].
        seed, purpose, index: as for `stream_key`; the index is int32.
    """
    batch, num_pixels = images.shape
    words = tf.random.stateless_uniform(
        [batch, (num_pixels + 1) // 2],
        tf.stack(stream_key(seed, purpose, index)),
        minval=None,
        maxval=None,
        dtype=tf.uint32,
        alg="threefry",
    )
    bits = tf.concat([words // 2**16, words % 2**16], axis=-1)[:, :num_pixels]
    byte = tf.cast(images, tf.uint32)
    rounded = byte * 257 + byte // 128  # as 2^16 byte / 255 is byte * 257 + byte / 255
    return tf.cast(bits < rounded, tf.float32)
