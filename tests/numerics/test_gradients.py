"""Gradients that are weighted or ordered, against those that are neither."""

import numpy as np
import pytest

from models import make_vae, normal
from vae.numerics.determinism import tf
from vae.numerics.gradients import updated_together, weighted_gradient


def test_gradients_are_multiplied_by_weights_that_are_known_later():
    z = tf.constant(normal(2, 3, 5))
    with tf.GradientTape() as tape:
        tape.watch(z)
        same, set_weights = weighted_gradient(z)
        loss = tf.reduce_sum(same**2)
    weights = tf.reduce_sum(same, axis=-1)
    set_weights(weights)
    np.testing.assert_array_equal(same, z)
    np.testing.assert_allclose(tape.gradient(loss, z), weights[..., None] * 2 * z)


def test_gradients_that_wait_are_the_same_and_must_be_in_order():
    """In another order they would wait for a gradient that is known too early."""
    variables = make_vae().variables
    gradients = [tf.constant(normal(*v.shape)) for v in variables]
    received = updated_together(gradients, variables)
    for one, other in zip(received, gradients, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(AssertionError, match="decoder/likelihood/kernel"):
        updated_together(gradients[::-1], variables[::-1])
