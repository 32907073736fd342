"""Bounds by annealing, on linear-Gaussian models, whose evidence is known."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from linear_gaussian import IMAGE_BYTES, linear_gaussian
from test_model import make_vae
from uncompiled import uncompiled
from vae.evaluation import annealing, importance
from vae.evaluation.annealing import (
    lower_bounds,
    simulate,
    simulated_bounds,
    upper_bounds,
)
from vae.numerics.noise import standard_normal, uniform

# Only the noise is compiled, which is another one outside XLA.
compiled_normal = tf.function(standard_normal, jit_compile=True)
compiled_uniform = tf.function(uniform, jit_compile=True)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(annealing, "NUM_STEPS", 30)
    monkeypatch.setattr(tf, "function", uncompiled)
    for module, name in [(annealing, "_chunk_bounds"), (importance, "_all_best")]:
        monkeypatch.setattr(module, name, getattr(module, name).python_function)
    monkeypatch.setattr(annealing, "standard_normal", compiled_normal)
    monkeypatch.setattr(annealing, "uniform", compiled_uniform)
    monkeypatch.setattr(importance, "standard_normal", compiled_normal)


@pytest.fixture(scope="module")
def exact():
    """The evidence, and exact samples of the posteriors."""
    vae, expected = linear_gaussian(2)
    loc, scale = vae.posterior(np.float32(IMAGE_BYTES / 255))
    noise = np.random.default_rng(0).normal(size=loc.shape)
    return expected, np.float32(loc + scale * noise)


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_both_bounds_enclose_the_evidence(exact, shift):
    """Whether q(z|x) is the posterior, or beside it and twice as wide."""
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=1 + shift / 3, posterior_shift=shift)
    lower = lower_bounds(vae, IMAGE_BYTES, seed=1)
    upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
    assert lower.dtype == upper.dtype == np.float64
    np.testing.assert_allclose(lower, expected, atol=0.8)
    np.testing.assert_allclose(upper, expected, atol=0.8)
    assert abs(np.mean(lower - expected)) < 0.2
    assert abs(np.mean(upper - expected)) < 0.2


def test_more_steps_enclose_more_tightly(exact, monkeypatch):
    expected, z = exact
    vae, _ = linear_gaussian(2, posterior_factor=1.5, posterior_shift=6.0)
    monkeypatch.setattr(annealing, "NUM_CENTRES", 1)  # hardly any chain starts well
    gaps = []
    for steps in (2, 60):
        monkeypatch.setattr(annealing, "NUM_STEPS", steps)
        upper = upper_bounds(vae, IMAGE_BYTES, z, seed=1)
        gaps.append(np.mean(upper - lower_bounds(vae, IMAGE_BYTES, seed=1)))
    assert gaps[1] < 0.3 * gaps[0]


def test_the_steps_leave_the_posterior_as_it_is():
    """Chains that start as exact samples, at the density of the posterior alone."""
    vae, _ = linear_gaussian(2)
    x = tf.constant(IMAGE_BYTES[:1] / 255, tf.float32)
    loc, scale = vae.posterior(x)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=[4000, 1, 2]).astype("f4")
    proposal = annealing.Mixture(loc[None] + 1.0, scale[None], [4000])
    log_weights = annealing.anneal(
        vae,
        x,
        proposal,
        loc + scale * noise,
        tf.constant(rng.normal(size=[1, 4000, 1, 2]), tf.float32),
        tf.constant(rng.random(size=[1, 4000, 1]), tf.float32),
        direction=annealing.BACKWARD,
    )
    # One step at b = 1, then the weight p(x, z) / r(z|x), of a known spread.
    inverse = np.exp(-np.float64(log_weights) + log_weights.numpy().mean())
    z = np.float64(loc + scale * rng.normal(size=[400_000, 1, 2]))
    exact = scipy.stats.norm(loc + 1.0, scale).logpdf(z).sum(axis=-1)
    posterior = scipy.stats.norm(loc, scale).logpdf(z).sum(axis=-1)
    spread = np.std(exact - posterior)
    assert np.std(np.log(inverse)) == pytest.approx(spread, rel=0.1)


def test_the_bound_of_an_image_depends_on_its_place_alone(monkeypatch):
    vae, _ = linear_gaussian(2)
    first, second = lower_bounds(vae, IMAGE_BYTES[[0, 0]], seed=1)
    assert first != second
    expected = lower_bounds(vae, IMAGE_BYTES, seed=1)
    assert expected[0] == pytest.approx(first, abs=1e-3)
    monkeypatch.setattr(annealing, "CHUNK", 2)
    np.testing.assert_allclose(
        lower_bounds(vae, IMAGE_BYTES, seed=1), expected, atol=1e-3
    )


def test_images_are_drawn_from_the_model():
    vae = make_vae()
    vae.decoder.layers[-1].bias.assign(np.linspace(-2, 2, 11))
    z, images = simulate(vae, 20_000, seed=3)
    assert images.dtype == np.uint8 and set(np.unique(images)) == {0, 255}
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=0.02)
    mean = vae.mean(tf.constant(z)).numpy()
    error = np.sqrt(mean * (1 - mean)).mean(axis=0) / np.sqrt(len(z))
    assert np.all(abs(images.mean(axis=0) / 255 - mean.mean(axis=0)) < 5 * error)


def test_bounds_on_simulated_images_meet():
    vae = make_vae(prior="vamp")
    vae.pseudo_inputs.assign(np.random.default_rng(0).random((4, 11)))
    lower, upper = simulated_bounds(vae, 40, seed=1)
    error = np.std(upper - lower) / np.sqrt(40)
    assert -4 * error - 0.01 < np.mean(upper - lower) < 0.1
