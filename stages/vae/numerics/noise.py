"""Noise that is a function of (seed, purpose, index), keyed by `streams`.

A counter-based generator takes the two integers of a key and gives the same numbers at
each call. ThreeFry is the one that XLA computes fastest on a CPU: a sixth of the time
of Philox. Outside XLA, TensorFlow has no ThreeFry: call these functions inside a
compiled function, or `draw_standard_normal`, which is one.
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
    """Draw uniform noise in [0, 1), likewise."""
    key = tf.stack(stream_key(seed, purpose, index))
    return tf.random.stateless_uniform(shape, key, alg="threefry")


@tf.function(jit_compile=True)
def draw_standard_normal(
    shape: list[int], *, seed: int, purpose: Purpose, index: int
) -> tf.Tensor:
    """Draw the same Gaussian numbers, for code that is not compiled."""
    return standard_normal(shape, seed=seed, purpose=purpose, index=index)
