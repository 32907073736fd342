"""Gradients that automatic differentiation does not give by itself."""

from collections.abc import Callable, Sequence

from vae.numerics.determinism import keras, tf


def weighted_gradient(z: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], None]]:
    """Return `z` [..., latent], and a function that sets the weights of its gradient.

    The gradient of `z` is multiplied by the weights [...]. They may depend on `z`, so
    they are set later.
    """
    weights = []

    @tf.custom_gradient
    def identity(z):
        return tf.identity(z), lambda upstream: weights[0][..., None] * upstream

    return identity(z), weights.append


def updated_together(
    gradients: Sequence[tf.Tensor], variables: Sequence[keras.Variable]
) -> list[tf.Tensor]:
    """Return the same gradients, such that all weights are read before any update.

    XLA updates a weight in place only if all its reads come before the update, and
    copies it at each step otherwise. The gradient of the first layer's bias is computed
    after all reads. Multiplied by a factor of 1 that depends on it, each update waits.
    Without this, training has 0.91 to 0.97 of the speed, but 1.02 to 1.06 for a deep,
    narrow network.

    Args:
        gradients: of the variables.
        variables: the first layer's kernel and bias, then all others.
    """
    assert variables[1].path.endswith("encoder/hidden_1/bias"), variables[1].path
    one = 1.0 + 0.0 * gradients[1][0]
    return [one * gradient for gradient in gradients]
