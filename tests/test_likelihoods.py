import itertools

import numpy as np
import scipy.stats
import tensorflow as tf

from vae.likelihoods import LIKELIHOODS, Bernoulli


def test_bernoulli_is_scipys():
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=3, size=(2, 3, 5)).astype(np.float32)
    x = rng.integers(2, size=(3, 5)).astype(np.float32)
    mean = 1 / (1 + np.exp(-logits.astype(np.float64)))
    expected = scipy.stats.bernoulli.logpmf(x, mean).sum(axis=-1)
    received = Bernoulli.log_prob(x, logits)
    assert received.shape == (2, 3)
    np.testing.assert_allclose(received, expected, rtol=1e-5)
    np.testing.assert_allclose(Bernoulli.mean(logits), mean, rtol=1e-5)


def test_bernoullis_output_at_a_mean_has_this_mean():
    mean = np.float32([0.2, 0.5, 0.999])
    np.testing.assert_allclose(Bernoulli.mean(Bernoulli.output_at(mean)), mean, rtol=1e-4)
    at_the_ends = Bernoulli.output_at(np.float32([0, 1]))
    np.testing.assert_allclose(at_the_ends, [-np.log(999), np.log(999)], rtol=1e-4)


def test_bernoulli_sums_to_one_over_all_images():
    logits = tf.constant([0.3, -2.0, 1.5, 100.0])
    images = tf.constant(list(itertools.product([0.0, 1.0], repeat=4)))
    total = tf.reduce_sum(tf.exp(Bernoulli.log_prob(images, logits)))
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_bernoulli_is_finite_at_extreme_logits_and_so_is_its_gradient():
    logits = tf.constant([[-100.0], [0.0], [100.0], [-100.0], [0.0], [100.0]])
    x = tf.constant([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        log_prob = Bernoulli.log_prob(x, logits)
    log_half = np.log(0.5)
    np.testing.assert_allclose(log_prob, [0, log_half, -100, -100, log_half, 0])
    expected = [[0], [-0.5], [-1], [1], [0.5], [0]]
    np.testing.assert_allclose(tape.gradient(log_prob, logits), expected, atol=1e-30)


def test_every_allowed_name_is_implemented():
    from vae.params import Model

    allowed = Model.model_fields["likelihood"].annotation.__args__
    assert set(allowed) == set(LIKELIHOODS)
