"""Losses against their formulas, each with the terms of every likelihood."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from linear_gaussian import IMAGE_BYTES, linear_gaussian
from vae.model import VAE, Terms, observations
from vae.objectives import (
    Capacity,
    ImportanceWeighted,
    WeightedElbo,
    make_objective,
)
from vae.pipeline.params import Model, Train
from vae.priors import rate_by_dimension

RATE = np.float32([1.0, 4.0, 9.0])
DISTORTION = np.float32([[10.0, 20.0, 30.0], [12.0, 22.0, 32.0]])
LOG_WEIGHTS = np.log(np.float32([[1.0, 2.0, 3.0], [3.0, 2.0, 5.0]]))
TERMS = Terms(*map(tf.constant, (RATE, DISTORTION, LOG_WEIGHTS)))
MEAN_DISTORTION = np.float32([11.0, 21.0, 31.0])

NAMES = Train.model_fields["objective"].annotation.__args__
LIKELIHOODS = Model.model_fields["likelihood"].annotation.__args__
SETTINGS = {
    "beta": 2.0,
    "beta_warmup_epochs": 3,
    "gamma": 4.0,
    "capacity": 5.0,
    "capacity_epochs": 6,
}


def at(progress):
    return tf.constant(progress, tf.float32)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_elbo_weighs_the_rate(beta):
    loss = WeightedElbo(beta, warmup_epochs=0).loss(TERMS, at(0))
    np.testing.assert_allclose(loss, MEAN_DISTORTION + beta * RATE)


def test_warmup_rises_to_beta_and_stays():
    objective = WeightedElbo(beta=4.0, warmup_epochs=10)
    weights = [float(objective.schedule(at(p))["beta"]) for p in (0, 5, 10, 20)]
    np.testing.assert_allclose(weights, [0, 2, 4, 4])
    loss = objective.loss(TERMS, at(5))
    np.testing.assert_allclose(loss, MEAN_DISTORTION + 2 * RATE)


def test_capacity_takes_the_absolute_value_for_each_image():
    objective = Capacity(gamma=10.0, capacity=8.0, capacity_epochs=4)
    loss = objective.loss(TERMS, at(2))  # C = 4
    np.testing.assert_allclose(loss, MEAN_DISTORTION + 10 * np.float32([3, 0, 5]))
    # That of the batch's mean would be 10 * |14 / 3 - 4|, less than a third.
    assert np.mean(loss - MEAN_DISTORTION) > 3 * 10 * abs(np.mean(RATE) - 4)


def test_capacity_rises_linearly_and_stays():
    objective = Capacity(gamma=1.0, capacity=8.0, capacity_epochs=4)
    targets = [float(objective.schedule(at(p))["capacity"]) for p in (0, 1, 4, 9)]
    np.testing.assert_allclose(targets, [0, 2, 8, 8])


def test_importance_weighted_is_the_log_of_the_mean_weight():
    objective = ImportanceWeighted(doubly_reparameterised=False)
    loss = objective.loss(TERMS, at(0))
    np.testing.assert_allclose(loss, -np.log([2.0, 2.0, 4.0]), rtol=1e-6)
    assert objective.schedule(at(0)) == {}


def test_every_allowed_name_is_an_objective():
    assert [make_objective(objective=name, **SETTINGS) for name in NAMES] == [
        WeightedElbo(2.0, 3),
        Capacity(4.0, 5.0, 6),
        ImportanceWeighted(doubly_reparameterised=False),
        ImportanceWeighted(doubly_reparameterised=True),
    ]


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="unknown objective 'mse'"):
        make_objective(objective="mse", **SETTINGS)


@pytest.mark.parametrize(
    ("likelihood", "name"), list(itertools.product(LIKELIHOODS, NAMES))
)
def test_every_weight_has_a_gradient_of_every_objective(likelihood, name):
    samples, batch, pixels, latent_dim = 2, 3, 6, 5
    vae = VAE(
        num_pixels=pixels,
        latent_dim=latent_dim,
        prior="standard",
        pseudo_inputs=1,
        hidden_units=[4],
        activation="tanh",
        likelihood=likelihood,
        gaussian_scale="learned",
    )
    rng = np.random.default_rng(0)
    x = tf.constant(rng.integers(2, size=(batch, pixels)), tf.float32)
    noise = tf.constant(rng.normal(size=(samples, batch, latent_dim)), tf.float32)
    objective = make_objective(objective=name, **SETTINGS)
    with tf.GradientTape() as tape:
        terms = vae.terms(
            x, noise, doubly_reparameterised=objective.doubly_reparameterised
        )
        losses = objective.loss(terms, at(1))
    assert losses.shape == (batch,)
    for gradient in tape.gradient(losses, [v.value for v in vae.variables]):
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


def gradients(vae, x, noise, *, doubly_reparameterised, num_samples):
    """Of the encoder's last biases, once for each so many of the samples."""
    objective = ImportanceWeighted(doubly_reparameterised)

    @tf.function(jit_compile=True)
    def gradient(noise):
        with tf.GradientTape() as tape:
            terms = vae.terms(x, noise, doubly_reparameterised=doubly_reparameterised)
            loss = tf.reduce_mean(objective.loss(terms, at(0)))
        return tape.gradient(loss, vae.encoder.trainable_variables[-1].value)

    return np.array([gradient(n) for n in tf.split(noise, len(noise) // num_samples)])


def test_the_doubly_reparameterised_gradient_has_the_same_mean_and_less_variance():
    """On a linear-Gaussian model, for a q(z|x) beside the posterior."""
    vae, _ = linear_gaussian(2, posterior_factor=1.5, posterior_shift=0.5)
    rng = np.random.default_rng(0)
    noise = tf.constant(rng.normal(size=[20_000, len(IMAGE_BYTES), 2]), tf.float32)
    x = observations(IMAGE_BYTES)
    plain, doubly = (
        gradients(vae, x, noise, doubly_reparameterised=d, num_samples=10)
        for d in (False, True)
    )
    error = np.sqrt((plain.var(axis=0) + doubly.var(axis=0)) / len(plain))
    assert np.all(abs(plain.mean(axis=0) - doubly.mean(axis=0)) < 4 * error)
    assert doubly.var(axis=0).sum() < 0.5 * plain.var(axis=0).sum()


def test_with_one_sample_its_mean_is_the_analytic_gradient():
    """-ELBO = KL(q(z|x) || p(z|x)) - log p(x), and p(z|x) is known."""
    x, (exact, _) = observations(IMAGE_BYTES), linear_gaussian(2)
    vae, _ = linear_gaussian(2, posterior_factor=1.5, posterior_shift=0.5)
    with tf.GradientTape() as tape:
        kl = rate_by_dimension(*vae.posterior(x), *exact.posterior(x))
        loss = tf.reduce_mean(tf.reduce_sum(kl, axis=-1))
    analytic = tape.gradient(loss, vae.encoder.trainable_variables[-1].value)
    rng = np.random.default_rng(0)
    noise = tf.constant(rng.normal(size=[2000, len(IMAGE_BYTES), 2]), tf.float32)
    settings = {"doubly_reparameterised": True, "num_samples": 1}
    draws = gradients(vae, x, noise, **settings)
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert np.all(abs(draws.mean(axis=0) - analytic) < 4 * error)
    assert np.all(error < 0.1 * np.max(abs(analytic)))


def test_the_doubly_reparameterised_gradient_vanishes_at_the_posterior():
    """Where q(z|x) is exact, all weights are equal, whatever is drawn."""
    vae, _ = linear_gaussian(2)
    noise = tf.constant(np.random.default_rng(0).normal(size=[5, 7, 2]), tf.float32)
    noise = noise[:, : len(IMAGE_BYTES)]
    x = observations(IMAGE_BYTES)
    settings = {"doubly_reparameterised": True, "num_samples": 5}
    np.testing.assert_allclose(gradients(vae, x, noise, **settings), 0, atol=1e-3)


def test_the_decoders_gradient_is_the_same():
    vae, _ = linear_gaussian(2, posterior_factor=1.5, posterior_shift=0.5)
    rng = np.random.default_rng(0)
    noise = tf.constant(rng.normal(size=[5, len(IMAGE_BYTES), 2]), tf.float32)
    received = []
    for doubly in (False, True):
        objective = ImportanceWeighted(doubly)
        with tf.GradientTape() as tape:
            terms = vae.terms(
                observations(IMAGE_BYTES), noise, doubly_reparameterised=doubly
            )
            loss = tf.reduce_mean(objective.loss(terms, at(0)))
        kernel = vae.decoder.trainable_variables[0].value
        received.append(tape.gradient(loss, kernel))
    np.testing.assert_allclose(*received, rtol=1e-3)
