"""Dense layers whose matrix products have the same bits on every CPU."""

from collections.abc import Iterator, Sequence

from vae.numerics.determinism import keras, tf
from vae.numerics.products import product, trained_product


class Dense(keras.layers.Dense):
    """A dense layer, activation(x kernel + bias) for `x` [batch, inputs]."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.activation(trained_product(x, self.kernel.value) + self.bias)

    def inner_products(self, outputs: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """Compute sum_i outputs_i layer(x)_i for all pairs; the layer must be linear.

        Written as (outputs kernel^T) x^T + outputs . bias, this takes one multiply-add
        per pair and input of the layer. Output layers usually have more outputs.

        Args:
            outputs: [batch, outputs], of the type of the computation.
            x: [points, inputs], of the same type.

        Returns:
            [batch, points]
        """
        kernel, bias = (tf.cast(v, outputs.dtype) for v in (self.kernel, self.bias))
        projected = product(outputs, kernel, transpose_b=True)  # [batch, inputs]
        constant = tf.reduce_sum(outputs * bias, axis=-1, keepdims=True)
        return product(projected, x, transpose_b=True) + constant


def dense_network(
    name: str,
    widths: Sequence[int],
    activation: str,
    output_name: str,
    seeds: Iterator[int],
) -> keras.Sequential:
    """Stack dense layers, the last of which is linear.

    Args:
        name: name of the network, which begins the names of its weights.
        widths: numbers of inputs, of units of each hidden layer, and of outputs.
        activation: activation of the hidden layers, by its name in Keras.
        output_name: name of the last layer.
        seeds: seeds of the initial kernels, of which each layer takes one.
    """
    num_inputs, *hidden_units, num_outputs = widths
    layers = [keras.Input([num_inputs])]
    for i, units in enumerate(hidden_units, start=1):
        kernel = keras.initializers.HeUniform(next(seeds))
        layer = Dense(units, activation, kernel_initializer=kernel, name=f"hidden_{i}")
        layers.append(layer)
    kernel = keras.initializers.GlorotUniform(next(seeds))
    layers.append(Dense(num_outputs, kernel_initializer=kernel, name=output_name))
    return keras.Sequential(layers, name=name)
