import numpy as np
import pytest
import tensorflow as tf

from vae.noise import Purpose, draw_binary, standard_normal


def compiled(function, *args, **kwargs):
    return tf.function(lambda: function(*args, **kwargs), jit_compile=True)().numpy()


def normal(seed=1, purpose=Purpose.TRAINING_LATENTS, index=0, shape=(40, 50)):
    return compiled(
        standard_normal, list(shape), seed=seed, purpose=purpose, index=index
    )


def test_noise_is_a_function_of_its_key():
    np.testing.assert_array_equal(normal(), normal())


def test_each_part_of_the_key_counts():
    draws = [normal()]
    draws += [normal(seed=2), normal(purpose=Purpose.EVALUATION_LATENTS)]
    draws += [normal(index=index) for index in (1, 4, 2**29 - 1)]
    for i, first in enumerate(draws):
        for second in draws[:i]:
            correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
            assert abs(correlation) < 4 / np.sqrt(first.size)


def test_no_two_purposes_share_a_key():
    keys = {
        tuple(normal(purpose=p, index=i, shape=[2])) for p in Purpose for i in range(9)
    }
    assert len(keys) == 9 * len(Purpose)


def test_noise_is_standard_normal():
    noise = normal(shape=(1000, 100))
    n = noise.size
    assert abs(noise.mean()) < 4 / np.sqrt(n)
    assert abs(noise.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((noise**4).mean() - 3) < 4 * np.sqrt(96 / n)


def test_pixels_are_one_with_the_probability_of_their_grey():
    grey = np.array([0, 1, 64, 128, 254, 255], np.uint8)
    n = 200_000
    images = tf.constant(np.tile(grey, (n, 1)))
    x = compiled(draw_binary, images, seed=1, purpose=Purpose.TRAINING_PIXELS, index=0)
    assert set(np.unique(x)) == {0.0, 1.0}
    probability = grey / 255
    error = np.sqrt(probability * (1 - probability) / n)
    assert np.all(np.abs(x.mean(axis=0) - probability) <= 4 * error)
    correlation = np.corrcoef(x[:, 1:-1].T)
    assert np.all(np.abs(correlation - np.eye(4)) < 4 / np.sqrt(n))


@pytest.mark.parametrize("num_pixels", [1, 7, 10])
def test_any_number_of_pixels_is_drawn(num_pixels):
    images = tf.fill([3000, num_pixels], tf.constant(128, tf.uint8))
    x = compiled(draw_binary, images, seed=1, purpose=Purpose.TRAINING_PIXELS, index=0)
    assert x.shape == (3000, num_pixels)
    np.testing.assert_allclose(x.mean(axis=0), 0.5, atol=4 * 0.5 / np.sqrt(3000))
    assert len(np.unique(x.T, axis=0)) == num_pixels
