"""Gradients that automatic differentiation does not give by itself."""

from collections.abc import Callable, Sequence

from vae.numerics.determinism import keras, tf


def weighted_gradient(z: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], None]]:
    """Return `z` [..., latent], and a function that sets the weights of its gradient.

    The gradient of `z` is multiplied by the weights [...], which may be functions of
    `z` themselves, so that they are known only later.
    """
    weights = []

    @tf.custom_gradient
    def identity(z):
        return tf.identity(z), lambda upstream: weights[0][..., None] * upstream

    return identity(z), weights.append


def updated_together(
    gradients: Sequence[tf.Tensor], variables: Sequence[keras.Variable]
) -> list[tf.Tensor]:
    """Return the same gradients, none of which is at hand before all weights were read.

    XLA updates a weight in place only if all that reads it must come before, and else
    copies it at each step. The gradient of the first layer's bias is computed after all
    reads: a factor of 1 that is made of it has each update wait for it.

    Args:
        gradients: of the variables.
        variables: the first layer's kernel and bias, then all others.
    """
    assert variables[1].path.endswith("encoder/hidden_1/bias"), variables[1].path
    one = 1.0 + 0.0 * gradients[1][0]
    return [one * gradient for gradient in gradients]
