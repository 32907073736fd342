"""Matrix products with the same bits on every CPU, and a dense layer made of them."""

import vae.determinism  # noqa: F401  before TensorFlow

import keras
import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import optimization_barrier

# XLA's products of some sizes differ in their last bits between CPUs with AVX-512 and
# others, such as 52 x 784 times 784 x 80: as if what is left over of tiles, whose size
# depends on the CPU, were summed in another order. Of multiples of 16, and of few rows,
# none has been found to differ; `make emulate` looks for them.
TILE = 16
FEW_ROWS = 48


class Dense(keras.layers.Dense):
    """activation(x kernel + bias), of `x` [batch, inputs]."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.activation(trained_product(x, self.kernel.value) + self.bias)

    def inner_products(self, outputs: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """sum_i outputs_i layer(x)_i for all pairs, where the layer has no activation.

        Written as (outputs kernel^T) x^T + outputs . bias, this takes as many
        multiply-adds a pair as the layer has inputs; mostly it has more outputs.

        Args:
            outputs: [batch, outputs], of the type in which to compute.
            x: [points, inputs], of the same type.

        Returns:
            [batch, points]
        """
        kernel, bias = (tf.cast(v, outputs.dtype) for v in (self.kernel, self.bias))
        projected = product(outputs, kernel, transpose_b=True)  # [batch, inputs]
        constant = tf.reduce_sum(outputs * bias, axis=-1, keepdims=True)
        return product(projected, x, transpose_b=True) + constant


@tf.custom_gradient
def trained_product(x: tf.Tensor, kernel: tf.Tensor):
    """x kernel, [batch, outputs], of [batch, inputs] and [inputs, outputs].

    The gradient of the kernel is a product with x transposed. XLA takes twice the time
    on a CPU when it transposes a left factor itself; the barrier has it done before.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        transposed = optimization_barrier(tf.transpose(x))[0]
        return (
            product(upstream, kernel, transpose_b=True),
            product(transposed, upstream),
        )

    return product(x, kernel), gradient


def product(a: tf.Tensor, b: tf.Tensor, *, transpose_b: bool = False) -> tf.Tensor:
    """a b, or a times b transposed, of matrices; [rows, columns]."""
    rows, columns = a.shape[0], b.shape[0 if transpose_b else 1]
    more_rows = -rows % TILE if rows > FEW_ROWS else 0
    more_columns = -columns % TILE
    a = tf.pad(a, [[0, more_rows], [0, 0]])
    b = tf.pad(b, [[0, more_columns], [0, 0]][:: 1 if transpose_b else -1])
    return tf.matmul(a, b, transpose_b=transpose_b)[:rows, :columns]
