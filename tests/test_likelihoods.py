"""Densities of likelihoods against SciPy; their integrals, means and gradients."""

import itertools

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from models import normal
from vae.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Likelihood
from vae.numerics.dense import Dense
from vae.numerics.determinism import keras, tf

# Distinct sizes on every axis, so that swapped axes fail.
SAMPLES, BATCH, POINTS, PIXELS = 2, 3, 4, 5
EXTREMES = [-100.0, -0.51, -0.49, -1e-6, 0.0, 1e-6, 0.49, 0.51, 100.0]
OUTPUT = 5 * normal(SAMPLES, BATCH, PIXELS)
GRAY = np.random.default_rng(0).random((BATCH, PIXELS)).astype("f4")
BINARY = np.round(GRAY)
FAMILIES = [Bernoulli(), ContinuousBernoulli(), Gaussian(0.3)]


class Laplace(Likelihood):
    """A family that defines only its density."""

    def log_prob(self, x, loc):
        return -tf.reduce_sum(tf.abs(x - loc) + np.log(2), axis=-1)


def test_bernoulli_and_gaussian_equal_scipy():
    mean = 1 / (1 + np.exp(-OUTPUT.astype(np.float64)))
    np.testing.assert_allclose(Bernoulli().mean(OUTPUT), mean, rtol=1e-5)
    for family, x, expected in [
        (Bernoulli(), BINARY, scipy.stats.bernoulli.logpmf(BINARY, mean)),
        (Gaussian(0.3), GRAY, scipy.stats.norm.logpdf(GRAY, OUTPUT, 0.3)),
    ]:
        received = family.log_prob(x, OUTPUT)
        assert received.shape == (SAMPLES, BATCH)
        np.testing.assert_allclose(received, expected.sum(axis=-1), rtol=1e-5)


@pytest.mark.parametrize("logit", EXTREMES)
def test_continuous_bernoulli_integrates_to_one_and_has_its_mean(logit):
    x = np.linspace(0, 1, 20_001)
    column = tf.constant(x[:, None], tf.float32)
    log_prob = ContinuousBernoulli().log_prob(column, tf.constant([logit]))
    density = np.exp(np.float64(log_prob))
    np.testing.assert_allclose(scipy.integrate.simpson(density, x), 1, rtol=1e-4)
    np.testing.assert_allclose(
        ContinuousBernoulli().mean(tf.constant(logit)),
        scipy.integrate.simpson(x * density, x),
        rtol=1e-4,
    )


@pytest.mark.parametrize("family", [Bernoulli(), ContinuousBernoulli()])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_densities_and_gradients_are_finite_at_every_logit(family, value):
    logits = tf.constant(EXTREMES)[:, None]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        log_prob = family.log_prob(tf.fill(logits.shape, value), logits)
    assert np.all(np.isfinite(log_prob))
    gradient = tape.gradient(log_prob, logits)
    # For both families the gradient is x minus the mean.
    expected = value - family.mean(logits)
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=2e-6)


@pytest.mark.parametrize("family", [*FAMILIES, Laplace()])
def test_log_likelihoods_of_pairs_equal_a_plain_loop(family):
    keras.utils.set_random_seed(1)
    x = BINARY if family.binary else GRAY
    hidden = normal(POINTS, 6)
    layer = Dense(PIXELS, bias_initializer="random_normal")
    points = layer(hidden)
    pairs = family.log_prob_pairs(x, hidden, layer)
    assert pairs.shape == (BATCH, POINTS)
    for i, j in itertools.product(range(BATCH), range(POINTS)):
        expected = family.log_prob(x[i], points[j])
        np.testing.assert_allclose(pairs[i, j], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_output_for_mean_is_the_inverse_of_the_mean(family):
    mean = np.float32([0.001, 0.01, 0.2, 0.5, 0.99])
    output = family.output_for_mean(mean)
    np.testing.assert_allclose(family.mean(output), mean, rtol=1e-4)
    assert np.all(np.isfinite(family.output_for_mean(np.float32([0, 1]))))


def test_a_learned_scale_is_trained_from_one():
    family = Gaussian("learned")
    np.testing.assert_allclose(
        family.log_prob(GRAY, OUTPUT), Gaussian(1.0).log_prob(GRAY, OUTPUT), rtol=1e-6
    )
    x, loc = tf.zeros([1, 400]), tf.fill([1, 400], 0.2)
    (log_scale,) = family.variables
    for _ in range(60):  # the best scale is the root mean square deviation
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(family.log_prob(x, loc))
        log_scale.assign_sub(1e-3 * tape.gradient(loss, [log_scale.value])[0])
    np.testing.assert_allclose(np.exp(log_scale), 0.2, rtol=1e-3)
