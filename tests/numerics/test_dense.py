"""Products against NumPy; their gradients, and that no size leaves a remainder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae import dense
from vae.numerics.dense import FEW_ROWS, TILE, Dense, product, trained_product

RNG = np.random.default_rng(0)


def random(*shape):
    return RNG.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(("rows", "columns"), [(3, 5), (52, 80), (64, 33), (128, 16)])
def test_products_are_numpys(rows, columns):
    a, b = random(rows, 7), random(7, columns)
    np.testing.assert_allclose(product(a, b), a @ b, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        product(a, b.T, transpose_b=True), a @ b, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(52, 80), (49, 1), (300, 51), (20, 47)])
def test_what_is_multiplied_has_no_remainder(monkeypatch, rows, columns, transpose_b):
    shapes = []
    matmul = tf.matmul

    def recorded(a, b, transpose_b):
        shapes.append((a.shape[0], b.shape[0 if transpose_b else 1]))
        return matmul(a, b, transpose_b=transpose_b)

    monkeypatch.setattr(dense.tf, "matmul", recorded)
    b = random(columns, 7) if transpose_b else random(7, columns)
    received = product(tf.constant(random(rows, 7)), b, transpose_b=transpose_b)
    assert received.shape == (rows, columns)
    ((padded_rows, padded_columns),) = shapes
    assert padded_columns % TILE == 0
    assert padded_rows % TILE == 0 or padded_rows <= FEW_ROWS


def test_gradients_are_those_of_matmul():
    x, kernel, upstream = map(tf.constant, (random(4, 3), random(3, 5), random(4, 5)))

    def gradients(multiply):
        @tf.function(jit_compile=True)
        def compiled():
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                loss = tf.reduce_sum(multiply(x, kernel) * upstream)
            return tape.gradient(loss, [x, kernel])

        return compiled()

    for received, expected in zip(
        gradients(trained_product), gradients(tf.matmul), strict=True
    ):
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inner_products_are_those_of_the_outputs(dtype):
    keras.utils.set_random_seed(1)
    layer = Dense(5, bias_initializer="random_normal")
    x, outputs = random(4, 3), random(6, 5)
    expected = outputs @ layer(x).numpy().T
    received = layer.inner_products(tf.cast(outputs, dtype), tf.cast(x, dtype))
    assert received.dtype == dtype
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)


def test_the_layer_is_kerass():
    keras.utils.set_random_seed(1)
    x = tf.constant(random(4, 3))
    layer = Dense(5, "tanh", bias_initializer="random_normal")
    expected = keras.layers.Dense(5, "tanh")
    layer(x), expected(x)
    expected.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(x), expected(x), rtol=1e-5, atol=1e-6)
