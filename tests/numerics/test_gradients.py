"""Gradients in order; `test_objectives.py` has those that are weighted."""

import numpy as np
import pytest

from models import make_vae, normal
from vae.numerics.determinism import tf
from vae.numerics.gradients import updated_together


def test_gradients_that_wait_are_the_same_and_must_be_in_order():
    """In another order they would wait for a gradient that is known too early."""
    variables = make_vae().variables
    gradients = [tf.constant(normal(*v.shape)) for v in variables]
    received = updated_together(gradients, variables)
    for one, other in zip(received, gradients, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(AssertionError, match="decoder/likelihood/kernel"):
        updated_together(gradients[::-1], variables[::-1])
