"""Noise and drawn pixels: their distribution, and that they follow from their key."""

import numpy as np
import pytest

from vae.numerics.determinism import tf
from vae.numerics.noise import draw_standard_normal, standard_normal, uniform
from vae.numerics.pixels import draw_binary
from vae.numerics.streams import Purpose

SHAPE = [1000, 100]


@tf.function(jit_compile=True)
def compiled(draw, what, purpose, seed, index):
    return draw(what, seed=seed, purpose=purpose, index=index)


def draw(function, what=SHAPE, *, purpose=Purpose.TRAINING_LATENTS, seed=1, index=0):
    key = tf.constant(seed), tf.constant(index)
    return compiled(function, what, purpose, *key).numpy()


def test_noise_is_a_function_of_its_key_of_which_each_part_counts():
    key = {"purpose": Purpose.TRAINING_LATENTS, "seed": 1, "index": 3}
    for again in (draw(standard_normal, **key), draw_standard_normal(SHAPE, **key)):
        np.testing.assert_array_equal(again, draw(standard_normal, index=3))
    changes = [{}, {"seed": 2}, {"purpose": Purpose.EVALUATION_LATENTS}]
    changes += [{"index": index} for index in (1, 4, 2**27 - 1)]
    draws = [draw(standard_normal, **change).ravel() for change in changes]
    correlation = np.corrcoef(draws) - np.eye(len(draws))
    assert np.all(abs(correlation) < 4 / np.sqrt(draws[0].size))


def test_noise_is_standard_normal_or_uniform():
    noise, n = draw(standard_normal), np.prod(SHAPE)
    assert abs(noise.mean()) < 4 / np.sqrt(n)
    assert abs(noise.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((noise**4).mean() - 3) < 4 * np.sqrt(96 / n)
    chances = np.sort(draw(uniform).ravel())
    assert chances[0] >= 0 and chances[-1] < 1
    assert np.max(abs(chances - np.linspace(0, 1, n))) < 2 / np.sqrt(n)


def test_pixels_are_one_with_the_probability_of_their_gray():
    gray = np.array([0, 1, 64, 128, 254, 255], np.uint8)
    n = 200_000
    x = draw(draw_binary, tf.constant(np.tile(gray, (n, 1))))
    assert set(np.unique(x)) == {0.0, 1.0}
    probability = gray / 255
    error = np.sqrt(probability * (1 - probability) / n)
    assert np.all(np.abs(x.mean(axis=0) - probability) <= 4 * error)
    correlation = np.corrcoef(x[:, 1:-1].T)
    assert np.all(np.abs(correlation - np.eye(4)) < 4 / np.sqrt(n))


@pytest.mark.parametrize("num_pixels", [1, 7, 10])
def test_any_number_of_pixels_is_drawn(num_pixels):
    x = draw(draw_binary, tf.fill([3000, num_pixels], np.uint8(128)))
    assert x.shape == (3000, num_pixels)
    np.testing.assert_allclose(x.mean(axis=0), 0.5, atol=4 * 0.5 / np.sqrt(3000))
    assert len(np.unique(x.T, axis=0)) == num_pixels
