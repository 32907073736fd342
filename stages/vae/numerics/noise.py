"""Noise that is a function of (seed, purpose, index), keyed by `streams`.

A counter-based generator returns the same numbers for the same key of two integers. In
XLA on a CPU, ThreeFry takes a sixth of the time of Philox. TensorFlow has no ThreeFry
outside XLA, so call these functions inside compiled functions, and
`draw_standard_normal` elsewhere.
"""

from vae.numerics.determinism import tf
from vae.numerics.streams import Purpose, stream_key


def standard_normal(
    shape: list[int], *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Draw standard Gaussian noise, keyed as by `stream_key`; the index is int32."""
    key = tf.stack(stream_key(seed, purpose, index))
    return tf.random.stateless_normal(shape, key, alg="threefry")


def uniform(
    shape: list[int], *, seed: int, purpose: Purpose, index: tf.Tensor
) -> tf.Tensor:
    """Draw uniform noise in [0, 1), keyed as by `stream_key`; the index is int32."""
    key = tf.stack(stream_key(seed, purpose, index))
    return tf.random.stateless_uniform(shape, key, alg="threefry")


@tf.function(jit_compile=True)
def draw_standard_normal(
    shape: list[int], *, seed: int, purpose: Purpose, index: int
) -> tf.Tensor:
    """Draw the noise of `standard_normal`, for code that is not compiled."""
    return standard_normal(shape, seed=seed, purpose=purpose, index=index)
