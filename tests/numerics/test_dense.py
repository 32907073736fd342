"""The dense layer against that of Keras; `test_likelihoods.py` has the products."""

import numpy as np

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
