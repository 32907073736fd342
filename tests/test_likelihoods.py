"""Densities against SciPy, their integrals, their means and their gradients."""

import itertools

import keras
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf

from vae.likelihoods import (
    Bernoulli,
    ContinuousBernoulli,
    Gaussian,
    is_pseudo_likelihood,
    make_likelihood,
)
from vae.numerics.dense import Dense
from vae.pipeline.params import Model

# Distinct sizes on every axis, so that a swapped one cannot pass.
SAMPLES, BATCH, POINTS, PIXELS = 2, 3, 4, 5
EXTREMES = [-100.0, -0.51, -0.49, -1e-6, 0.0, 1e-6, 0.49, 0.51, 100.0]
RNG = np.random.default_rng(0)
OUTPUT = RNG.normal(scale=3, size=(SAMPLES, BATCH, PIXELS)).astype(np.float32)
GREY = RNG.random((BATCH, PIXELS)).astype(np.float32)
BINARY = np.round(GREY)
FAMILIES = {
    "bernoulli": Bernoulli(),
    "continuous_bernoulli": ContinuousBernoulli(),
    "gaussian": Gaussian(0.3),
}


def test_every_allowed_name_is_a_family():
    for name in Model.model_fields["likelihood"].annotation.__args__:
        family = make_likelihood(name, gaussian_scale=0.3)
        assert type(family) is type(FAMILIES[name])


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="unknown likelihood 'poisson'"):
        make_likelihood("poisson", gaussian_scale=0.3)


def test_bernoulli_is_scipys():
    mean = 1 / (1 + np.exp(-OUTPUT.astype(np.float64)))
    expected = scipy.stats.bernoulli.logpmf(BINARY, mean).sum(axis=-1)
    received = Bernoulli().log_prob(BINARY, OUTPUT)
    assert received.shape == (SAMPLES, BATCH)
    np.testing.assert_allclose(received, expected, rtol=1e-5)
    np.testing.assert_allclose(Bernoulli().mean(OUTPUT), mean, rtol=1e-5)


def test_gaussian_is_scipys():
    expected = scipy.stats.norm(OUTPUT, 0.3).logpdf(GREY).sum(axis=-1)
    received = Gaussian(0.3).log_prob(GREY, OUTPUT)
    assert received.shape == (SAMPLES, BATCH)
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_bernoulli_sums_to_one_over_all_images():
    logits = tf.constant([0.3, -2.0, 1.5, 100.0])
    images = tf.constant(list(itertools.product([0.0, 1.0], repeat=4)))
    total = tf.reduce_sum(tf.exp(Bernoulli().log_prob(images, logits)))
    np.testing.assert_allclose(total, 1, rtol=1e-6)


@pytest.mark.parametrize("num_pixels", [64, 784, 1024])
def test_many_pixels_neither_overflow_nor_vanish(num_pixels):
    logits = tf.zeros([num_pixels])
    log_prob = Bernoulli().log_prob(tf.ones([num_pixels]), logits)
    np.testing.assert_allclose(log_prob, -num_pixels * np.log(2), rtol=1e-6)


def nodes(lower, upper, count=20_001):
    x = np.linspace(lower, upper, count)
    return x, tf.constant(x[:, None], tf.float32)


@pytest.mark.parametrize("logit", EXTREMES)
def test_continuous_bernoulli_integrates_to_one_and_has_its_mean(logit):
    x, column = nodes(0, 1)
    log_prob = ContinuousBernoulli().log_prob(column, tf.constant([logit]))
    density = np.exp(np.float64(log_prob))
    np.testing.assert_allclose(scipy.integrate.simpson(density, x), 1, rtol=1e-4)
    np.testing.assert_allclose(
        ContinuousBernoulli().mean(tf.constant(logit)),
        scipy.integrate.simpson(x * density, x),
        rtol=1e-4,
    )


@pytest.mark.parametrize("scale", [0.05, 1.0, "learned"])
def test_gaussian_integrates_to_one(scale):
    x, column = nodes(-12, 12)
    log_prob = Gaussian(scale).log_prob(column, tf.constant([0.4]))
    total = scipy.integrate.simpson(np.exp(np.float64(log_prob)), x)
    np.testing.assert_allclose(total, 1, rtol=1e-4)


@pytest.mark.parametrize("family", [Bernoulli(), ContinuousBernoulli()])
def test_densities_and_gradients_are_finite_at_every_logit(family):
    logits = tf.constant(EXTREMES)[:, None]
    for value in (0.0, 0.3, 1.0):
        x = tf.fill(logits.shape, value)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            log_prob = family.log_prob(x, logits)
        # For both families the gradient is x less the mean.
        expected = value - family.mean(logits)
        assert np.all(np.isfinite(log_prob))
        np.testing.assert_allclose(
            tape.gradient(log_prob, logits), expected, rtol=1e-3, atol=2e-6
        )


BLACK_AND_WHITE = np.array([[0, 255, 255]], np.uint8)
SOME_GREY = np.array([[0, 255, 255], [0, 254, 255]], np.uint8)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_pseudo_likelihood_is_of_the_wrong_pixels(name):
    family = FAMILIES[name]
    assert is_pseudo_likelihood(family, BLACK_AND_WHITE) is (name != "bernoulli")
    assert is_pseudo_likelihood(family, SOME_GREY) is (name == "bernoulli")


def test_gaussian_pairs_keep_their_digits_at_a_small_scale():
    x, loc = RNG.random((2, 3, 784)).astype(np.float32)
    family = Gaussian(0.01)
    expected = scipy.stats.norm(np.float64(loc), 0.01).logpdf(np.float64(x)[:, None])
    layer = Dense(784, kernel_initializer="identity")
    np.testing.assert_allclose(
        family.log_prob_pairs(x, loc, layer), expected.sum(axis=-1), rtol=1e-6
    )


def test_continuous_bernoulli_is_smooth_where_the_series_takes_over():
    logits = np.float32([0.4999, 0.5001])
    for function in (ContinuousBernoulli().log_normaliser, ContinuousBernoulli().mean):
        for sign in (1, -1):
            below, above = function(tf.constant(sign * logits)[:, None]).numpy()
            assert abs(above - below) < 2e-4


@pytest.mark.parametrize("name", FAMILIES)
def test_pairs_are_those_of_a_plain_loop(name):
    keras.utils.set_random_seed(1)
    family = FAMILIES[name]
    x = BINARY if name == "bernoulli" else GREY
    hidden = RNG.normal(size=(POINTS, 5)).astype(np.float32)
    layer = Dense(PIXELS, bias_initializer="random_normal")
    points = layer(hidden)
    pairs = family.log_prob_pairs(x, hidden, layer)
    assert pairs.shape == (BATCH, POINTS)
    for i, j in itertools.product(range(BATCH), range(POINTS)):
        expected = family.log_prob(x[i], points[j])
        np.testing.assert_allclose(pairs[i, j], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_output_for_a_mean_has_this_mean(name):
    mean = np.float32([0.001, 0.01, 0.2, 0.5, 0.99])
    output = FAMILIES[name].output_for_mean(mean)
    np.testing.assert_allclose(FAMILIES[name].mean(output), mean, rtol=1e-4)
    assert np.all(np.isfinite(FAMILIES[name].output_for_mean(np.float32([0, 1]))))


def test_a_learned_scale_is_trained_from_one():
    family = Gaussian("learned")
    np.testing.assert_allclose(
        family.log_prob(GREY, OUTPUT), Gaussian(1.0).log_prob(GREY, OUTPUT), rtol=1e-6
    )
    x, loc = tf.zeros([1, 400]), tf.fill([1, 400], 0.2)
    (log_scale,) = family.variables
    for _ in range(60):  # the best scale is the root mean square deviation
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(family.log_prob(x, loc))
        log_scale.assign_sub(1e-3 * tape.gradient(loss, [log_scale.value])[0])
    np.testing.assert_allclose(np.exp(log_scale), 0.2, rtol=1e-3)
