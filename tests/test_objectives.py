"""Losses and gradients of the objectives against their formulas."""

import numpy as np
import pytest

from models import (
    BATCH,
    IMAGE_BYTES,
    LATENT,
    SAMPLES,
    linear_gaussian,
    make_vae,
    normal,
    uncompiled,
)
from vae.likelihoods import LIKELIHOODS
from vae.model import Terms
from vae.numerics.determinism import tf
from vae.numerics.pixels import observations
from vae.objectives import (
    OBJECTIVES,
    Capacity,
    DoublyReparameterized,
    ImportanceWeighted,
    WeightedElbo,
)
from vae.pipeline.registry import make

RATE = np.float32([1.0, 4.0, 9.0])
DISTORTION = np.float32([[10.0, 20.0, 30.0], [12.0, 22.0, 32.0]])
LOG_WEIGHTS = np.log(np.float32([[1.0, 2.0, 3.0], [3.0, 2.0, 5.0]]))
TERMS = Terms(*map(tf.constant, (RATE, DISTORTION, LOG_WEIGHTS)))
MEAN_DISTORTION = np.float32([11.0, 21.0, 31.0])

X = observations(IMAGE_BYTES)
SETTINGS = {
    "beta": 2.0,
    "beta_warmup_epochs": 3,
    "gamma": 4.0,
    "capacity": 5.0,
    "capacity_epochs": 6,
    "learning_rate": 0.1,  # not of an objective
}


def at(progress):
    return tf.constant(progress, tf.float32)


@pytest.mark.parametrize(
    ("objective", "progress", "expected"),
    [
        (WeightedElbo(4.0, beta_warmup_epochs=0), 0, MEAN_DISTORTION + 4 * RATE),
        (WeightedElbo(4.0, beta_warmup_epochs=10), 5, MEAN_DISTORTION + 2 * RATE),
        (Capacity(10.0, 8.0, 4), 2, MEAN_DISTORTION + 10 * np.float32([3, 0, 5])),
        (ImportanceWeighted(), 0, -np.log([2.0, 2.0, 4.0])),
    ],
    ids=["elbo", "warmup", "capacity", "iwae"],
)
def test_losses_per_image_equal_their_formulas(objective, progress, expected):
    loss = objective.loss(TERMS, at(progress))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_weight_and_capacity_rise_linearly_then_stay_constant():
    for objective, name in [
        (WeightedElbo(beta=8.0, beta_warmup_epochs=4), "beta"),
        (Capacity(gamma=1.0, capacity=8.0, capacity_epochs=4), "capacity"),
    ]:
        values = [float(objective.schedule(at(p))[name]) for p in (0, 1, 4, 9)]
        np.testing.assert_allclose(values, [0, 2, 8, 8])


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_weight_has_a_gradient_of_every_objective(likelihood, name):
    vae, noise = make_vae(likelihood=likelihood), normal(SAMPLES, BATCH, LATENT)
    objective = make(OBJECTIVES, name, **SETTINGS)
    with tf.GradientTape() as tape:
        terms = objective.terms(vae, np.round(X[:BATCH]), noise)
        losses = objective.loss(terms, at(1))
    assert losses.shape == (BATCH,)
    for gradient in tape.gradient(losses, [v.value for v in vae.variables]):
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


def gradients(objective, vae, noise, variable):
    """Compute the gradient of the mean loss per noise array [samples, images, 2]."""

    def gradient(noise):
        with tf.GradientTape() as tape:
            terms = objective.terms(vae, X, noise)
            loss = tf.reduce_mean(objective.loss(terms, at(0)))
        return tape.gradient(loss, variable.value)

    @tf.function(jit_compile=True)
    def each():
        return tf.map_fn(gradient, tf.constant(noise))

    return each().numpy()


def test_the_doubly_reparameterized_gradient_has_the_same_mean_and_less_variance():
    """Uses a q(z|x) that differs from the posterior of a linear-Gaussian model."""
    inexact, _ = linear_gaussian(2, posterior_factor=1.5, posterior_shift=0.5)
    noise = normal(500, 10, len(X), 2)
    bias = inexact.encoder.layers[-1].bias
    plain = gradients(ImportanceWeighted(), inexact, noise, bias)
    doubly = gradients(DoublyReparameterized(), inexact, noise, bias)
    error = np.sqrt((plain.var(axis=0) + doubly.var(axis=0)) / len(plain))
    assert np.all(abs(plain.mean(axis=0) - doubly.mean(axis=0)) < 4 * error)
    assert doubly.var(axis=0).sum() < 0.5 * plain.var(axis=0).sum()


def test_dreg_does_not_change_the_gradients_of_decoder_and_prior(monkeypatch):
    monkeypatch.setattr(tf, "function", uncompiled)
    vae, noise = make_vae(prior="vamp"), normal(1, 4, len(X), LATENT)
    vae.start_from(IMAGE_BYTES)
    for variable in (vae.decoder.layers[0].kernel, vae.prior.pseudo_inputs):
        plain, doubly = (
            gradients(objective, vae, noise, variable)
            for objective in (ImportanceWeighted(), DoublyReparameterized())
        )
        assert np.any(plain != 0)
        np.testing.assert_allclose(doubly, plain, rtol=1e-3, atol=1e-6)
