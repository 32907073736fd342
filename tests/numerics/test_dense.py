"""The dense layer against that of Keras."""

import numpy as np
import pytest

from models import normal
from vae.numerics.dense import Dense
from vae.numerics.determinism import keras, tf


def test_the_layer_is_kerass():
    keras.utils.set_random_seed(1)
    x = tf.constant(normal(4, 3))
    layer = Dense(5, "tanh", bias_initializer="random_normal")
    expected = keras.layers.Dense(5, "tanh")
    layer(x), expected(x)
    expected.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(x), expected(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inner_products_are_those_of_the_outputs(dtype):
    keras.utils.set_random_seed(1)
    layer = Dense(5, bias_initializer="random_normal")
    x, outputs = normal(4, 3), normal(6, 5)
    expected = outputs @ layer(x).numpy().T
    received = layer.inner_products(tf.cast(outputs, dtype), tf.cast(x, dtype))
    assert received.dtype == dtype
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)
