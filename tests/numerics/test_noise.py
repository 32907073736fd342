"""Noise: its distribution, and that it is a function of its key."""

from functools import cache

import numpy as np
import pytest
import tensorflow as tf

from vae.numerics.noise import draw_binary, draw_standard_normal, standard_normal
from vae.numerics.streams import Purpose


@cache
def compiled(purpose, shape):
    """Compiled once for all seeds and indices."""

    @tf.function(jit_compile=True)
    def draw(seed, index):
        return standard_normal(list(shape), seed=seed, purpose=purpose, index=index)

    return draw


def normal(seed=1, purpose=Purpose.TRAINING_LATENTS, index=0, shape=(1000, 100)):
    return compiled(purpose, shape)(tf.constant(seed), tf.constant(index)).numpy()


def binary(images):
    @tf.function(jit_compile=True)
    def draw():
        purpose = Purpose.TRAINING_PIXELS
        return draw_binary(tf.constant(images), seed=1, purpose=purpose, index=0)

    return draw().numpy()


def test_noise_is_a_function_of_its_key():
    np.testing.assert_array_equal(normal(index=3), normal(index=3))


def test_each_part_of_the_key_counts():
    draws = [normal()]
    draws += [normal(seed=2), normal(purpose=Purpose.EVALUATION_LATENTS)]
    draws += [normal(index=index) for index in (1, 4, 2**27 - 1)]
    for i, first in enumerate(draws):
        for second in draws[:i]:
            correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
            assert abs(correlation) < 4 / np.sqrt(first.size)


def test_noise_is_standard_normal():
    noise = normal()
    n = noise.size
    assert abs(noise.mean()) < 4 / np.sqrt(n)
    assert abs(noise.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((noise**4).mean() - 3) < 4 * np.sqrt(96 / n)


def test_code_that_is_not_compiled_draws_the_same():
    received = draw_standard_normal(
        [1000, 100], seed=4, purpose=Purpose.TRAINING_LATENTS, index=9
    )
    np.testing.assert_array_equal(received, normal(seed=4, index=9))


def test_pixels_are_one_with_the_probability_of_their_grey():
    grey = np.array([0, 1, 64, 128, 254, 255], np.uint8)
    n = 200_000
    x = binary(np.tile(grey, (n, 1)))
    assert set(np.unique(x)) == {0.0, 1.0}
    probability = grey / 255
    error = np.sqrt(probability * (1 - probability) / n)
    assert np.all(np.abs(x.mean(axis=0) - probability) <= 4 * error)
    correlation = np.corrcoef(x[:, 1:-1].T)
    assert np.all(np.abs(correlation - np.eye(4)) < 4 / np.sqrt(n))


@pytest.mark.parametrize("num_pixels", [1, 7, 10])
def test_any_number_of_pixels_is_drawn(num_pixels):
    x = binary(np.full([3000, num_pixels], 128, np.uint8))
    assert x.shape == (3000, num_pixels)
    np.testing.assert_allclose(x.mean(axis=0), 0.5, atol=4 * 0.5 / np.sqrt(3000))
    assert len(np.unique(x.T, axis=0)) == num_pixels
