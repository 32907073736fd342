"""Products and their gradients against NumPy and TensorFlow; sizes of their factors."""

import numpy as np
import pytest

from models import normal
from vae.numerics.determinism import tf
from vae.numerics.products import FEW_ROWS, TILE, product, trained_product


@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(52, 80), (49, 1), (300, 51), (20, 47)])
def test_products_are_numpys_and_have_no_remainder(
    monkeypatch, rows, columns, transpose_b
):
    matmul, shapes = tf.matmul, []

    def recorded(a, b, transpose_b):
        shapes.append((a.shape[0], b.shape[0 if transpose_b else 1]))
        return matmul(a, b, transpose_b=transpose_b)

    monkeypatch.setattr(tf, "matmul", recorded)
    a, b = normal(rows, 7), normal(7, columns, seed=1)
    received = product(a, b.T if transpose_b else b, transpose_b=transpose_b)
    np.testing.assert_allclose(received, a @ b, rtol=1e-4, atol=1e-5)
    ((padded_rows, padded_columns),) = shapes
    assert padded_columns % TILE == 0
    assert padded_rows % TILE == 0 or padded_rows <= FEW_ROWS


def test_gradients_are_those_of_matmul():
    x, kernel, upstream = map(tf.constant, (normal(4, 3), normal(3, 5), normal(4, 5)))

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
