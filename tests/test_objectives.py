"""Losses against their formulas, each with the terms of every likelihood."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from vae.model import VAE, Terms
from vae.objectives import (
    Capacity,
    ImportanceWeighted,
    WeightedElbo,
    make_objective,
)
from vae.params import Model, Train

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
    loss = ImportanceWeighted().loss(TERMS, at(0))
    np.testing.assert_allclose(loss, -np.log([2.0, 2.0, 4.0]), rtol=1e-6)
    assert ImportanceWeighted().schedule(at(0)) == {}


def test_every_allowed_name_is_an_objective():
    assert [make_objective(objective=name, **SETTINGS) for name in NAMES] == [
        WeightedElbo(2.0, 3),
        Capacity(4.0, 5.0, 6),
        ImportanceWeighted(),
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
        losses = objective.loss(vae.terms(x, noise), at(1))
    assert losses.shape == (batch,)
    for gradient in tape.gradient(losses, [v.value for v in vae.variables]):
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)
