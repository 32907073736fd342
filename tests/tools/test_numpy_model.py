"""The NumPy model against the TensorFlow model, for every family and activation."""

import numpy as np
import pytest

import numpy_model
from conftest import TINY
from models import uncompiled
from numpy_model import ACTIVATIONS, iwae_bound, log_evidence, make_model, terms
from vae.evaluation import quadrature
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.logarithms import log_mean_exp
from vae.pipeline.trained import assign_weights, named_weights

RNG = np.random.default_rng(0)
X = RNG.random((3, 6)).astype(np.float32)  # 3 images of 6 pixels
NOISE = RNG.normal(size=(2, 3, 4)).astype(np.float32)  # 2 samples of 4 latents


def make_pair(**changes):
    """Return the same model, with random weights, in NumPy and in TensorFlow."""
    settings = TINY["model"] | {"latent_dim": 4} | changes
    vae = VAE(num_pixels=6, seed=3, **settings)
    for variable in vae.variables:
        variable.assign(RNG.normal(size=variable.shape) * 0.5)
    return make_model(named_weights(vae.variables), **settings), vae


def close(received, expected):
    np.testing.assert_allclose(received, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "changes",
    [
        *[{"activation": name} for name in ACTIVATIONS],
        {"likelihood": "continuous_bernoulli"},
        {"likelihood": "gaussian"},
        {"likelihood": "gaussian", "gaussian_scale": 0.3},
        {"prior": "vamp"},
        {"prior": "flow"},
        {"hidden_units": [5]},
        {"hidden_units": list(range(3, 14))},  # eleven layers: 10 and 11 come after 9
    ],
)
def test_the_numpy_model_equals_the_tensorflow_model(changes):
    model, vae = make_pair(**changes)
    assert model.latent_dim == 4
    loc, scale = numpy_model.posterior(model, X)
    for received, expected in zip((loc, scale), vae.posterior(X), strict=True):
        close(received, expected)
    close(numpy_model.mean(model, NOISE), vae.mean(tf.constant(NOISE)))
    expected = vae.terms(tf.constant(X), tf.constant(NOISE))
    names = ("rate", "distortion", "log_weights")
    for received, name in zip(terms(model, X, NOISE), names, strict=True):
        close(received, getattr(expected, name))
    close(iwae_bound(received), log_mean_exp(expected.log_weights))
    expected = vae.prior.current().log_prob(tf.constant(20 * NOISE))
    close(numpy_model.log_prior(model, 20 * NOISE), expected)


def test_small_logits_of_a_continuous_bernoulli_equal_tensorflow():
    model, vae = make_pair(likelihood="continuous_bernoulli")
    for name in model.weights:
        model.weights[name][...] *= 1e-3
    assign_weights(vae.variables, {n: np.float32(a) for n, a in model.weights.items()})
    close(numpy_model.mean(model, NOISE), vae.mean(tf.constant(NOISE)))
    close(terms(model, X, NOISE)[1], vae.terms(X, NOISE).distortion)


@pytest.mark.parametrize(("latent_dim", "num_points"), [(1, 201), (2, 71)])
def test_log_evidence_equals_quadrature(monkeypatch, latent_dim, num_points):
    monkeypatch.setattr(tf, "function", uncompiled)
    model, vae = make_pair(latent_dim=latent_dim)
    images = RNG.integers(256, size=(3, 6), dtype=np.uint8)
    expected, _ = quadrature.log_evidence(vae, images, num_points=num_points)
    close(log_evidence(model, images / 255, num_points), expected)
