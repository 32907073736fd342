"""The terms of the bounds against SciPy and plain loops; weights by name."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from vae.model import VAE
from vae.numerics.logarithms import log_mean_exp
from vae.numerics.pixels import observations
from vae.pipeline.trained import named_weights
from vae.priors import rate_by_dimension

# Distinct sizes on every axis, so that a swapped one cannot pass.
SAMPLES, BATCH, PIXELS, LATENT = 2, 3, 11, 5


def make_vae(seed=0, **changes):
    shape = {
        "num_pixels": PIXELS,
        "latent_dim": LATENT,
        "prior": "standard",
        "pseudo_inputs": 4,
        "hidden_units": [7, 6],
        "activation": "tanh",
        "likelihood": "bernoulli",
        "gaussian_scale": "learned",
    }
    return VAE(**(shape | changes), seed=seed)


def draw(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def draw_x(seed=0):
    return np.random.default_rng(seed).integers(2, size=(BATCH, PIXELS)).astype("f4")


def test_rate_is_the_integral_that_defines_it():
    loc, scale = 0.7, 0.4
    posterior, prior = scipy.stats.norm(loc, scale), scipy.stats.norm()
    expected = posterior.expect(lambda z: posterior.logpdf(z) - prior.logpdf(z))
    np.testing.assert_allclose(rate_by_dimension(loc, scale), expected, rtol=1e-6)


def test_rate_agrees_with_monte_carlo():
    rng = np.random.default_rng(1)
    loc, scale = draw(LATENT), np.exp(draw(LATENT, seed=1))
    z = loc + scale * rng.standard_normal((100_000, LATENT))
    log_ratio = scipy.stats.norm(loc, scale).logpdf(z) - scipy.stats.norm.logpdf(z)
    estimate = log_ratio.sum(axis=-1)
    standard_error = estimate.std() / np.sqrt(len(estimate))
    rate = tf.reduce_sum(rate_by_dimension(loc, scale))
    assert abs(rate - estimate.mean()) < 4 * standard_error


def test_rate_of_the_prior_is_zero():
    np.testing.assert_array_equal(rate_by_dimension(0.0, 1.0), 0)


def test_terms_are_those_of_the_bounds():
    vae, x, noise = make_vae(), draw_x(), draw([SAMPLES, BATCH, LATENT])
    terms = vae.terms(x, noise)
    assert terms.rate.shape == (BATCH,)
    assert terms.distortion.shape == terms.log_weights.shape == (SAMPLES, BATCH)
    for i in range(BATCH):  # a plain loop, one image and one sample at a time
        loc, scale = (a.numpy()[0] for a in vae.posterior(x[i : i + 1]))
        rate = np.sum(rate_by_dimension(loc, scale))
        np.testing.assert_allclose(terms.rate[i], rate, rtol=1e-5)
        for s in range(SAMPLES):
            z = loc + scale * noise[s, i]
            logits = vae.decoder(z[None])[0]
            mean = 1 / (1 + np.exp(-np.float64(logits)))
            log_likelihood = scipy.stats.bernoulli.logpmf(x[i], mean).sum()
            np.testing.assert_allclose(
                terms.distortion[s, i], -log_likelihood, rtol=1e-5
            )
            log_prior = scipy.stats.norm.logpdf(z).sum()
            log_posterior = scipy.stats.norm(loc, scale).logpdf(z).sum()
            np.testing.assert_allclose(
                terms.log_weights[s, i],
                log_likelihood + log_prior - log_posterior,
                rtol=1e-5,
            )


def test_means_and_log_likelihoods_are_those_of_one_z_at_a_time():
    vae, x, z = make_vae(), draw_x(), tf.constant(draw([SAMPLES, BATCH, LATENT]))
    mean, log_likelihood = vae.mean(z), vae.log_likelihood(x, z)
    assert mean.shape == (SAMPLES, BATCH, PIXELS)
    assert log_likelihood.shape == (SAMPLES, BATCH)
    for s in range(SAMPLES):
        for i in range(BATCH):
            logits = np.float64(vae.decoder(z[s, i][None])[0])
            expected = 1 / (1 + np.exp(-logits))
            np.testing.assert_allclose(mean[s, i], expected, rtol=1e-5)
            expected = scipy.stats.bernoulli.logpmf(x[i], expected).sum()
            np.testing.assert_allclose(log_likelihood[s, i], expected, rtol=1e-5)


def test_log_likelihoods_of_pairs_are_those_of_each_pair():
    vae, x, z = make_vae(), draw_x(), tf.constant(draw([4, LATENT]))
    pairs = vae.log_likelihood_pairs(x, z)
    assert pairs.shape == (BATCH, 4)
    for j in range(4):
        expected = vae.log_likelihood(x, tf.tile(z[j : j + 1], [BATCH, 1]))
        np.testing.assert_allclose(pairs[:, j], expected, rtol=1e-5)


def test_both_estimates_of_the_elbo_agree():
    vae, x = make_vae(), draw_x()
    terms = vae.terms(x, draw([20_000, BATCH, LATENT]))
    elbo = -(terms.rate + np.mean(terms.distortion, axis=0))
    error = np.std(terms.log_weights, axis=0) / np.sqrt(20_000)
    assert np.all(np.abs(np.mean(terms.log_weights, axis=0) - elbo) < 4 * error)


def test_log_mean_exp_neither_overflows_nor_forgets_the_mean():
    values = np.float32([[1000.0, -1000.0, 0.0], [1000.0, -1000.0, np.log(3)]])
    np.testing.assert_allclose(
        log_mean_exp(values), [1000, -1000, np.log(2)], rtol=1e-6
    )


def test_scale_is_positive_and_rate_finite_however_sure_the_encoder_is():
    vae = make_vae()
    for value in (-1000.0, 1000.0):
        vae.encoder.layers[-1].bias.assign(tf.fill([2 * LATENT], value))
        assert np.all(vae.posterior(draw_x())[1] > 0)
        for term in vae.terms(draw_x(), draw([SAMPLES, BATCH, LATENT])):
            assert np.all(np.isfinite(term))


def test_the_seed_decides_the_initial_weights():
    first, again, other = (make_vae(seed).named_weights() for seed in (1, 1, 2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    kernels = [name for name in first if name.endswith("kernel")]
    assert all(np.any(first[name] != other[name]) for name in kernels)


def test_layers_of_one_shape_start_apart():
    weights = make_vae(hidden_units=[7, 7, 7]).named_weights()
    second, third = (
        weights["encoder.hidden_2.kernel"],
        weights["encoder.hidden_3.kernel"],
    )
    assert np.all(second != third)


def test_a_model_can_start_at_the_mean_image():
    images = np.random.default_rng(0).integers(1, 255, size=(9, PIXELS), dtype="u1")
    vae = make_vae(prior="vamp")
    vae.start_from(images)
    at_origin = vae.mean(tf.zeros([1, LATENT]))[0]
    np.testing.assert_allclose(at_origin, images.mean(axis=0) / 255, rtol=1e-5)
    expected = images[[0, 2, 5, 8]] / np.float32(255)
    np.testing.assert_array_equal(vae.pseudo_inputs, expected)


def test_weights_are_named_and_come_back():
    vae, other = make_vae(seed=1), make_vae(seed=2)
    weights = named_weights(vae.variables)
    shapes = {name: array.shape for name, array in weights.items()}
    assert shapes == {
        "encoder.hidden_1.kernel": (PIXELS, 7),
        "encoder.hidden_1.bias": (7,),
        "encoder.hidden_2.kernel": (7, 6),
        "encoder.hidden_2.bias": (6,),
        "encoder.posterior.kernel": (6, 2 * LATENT),
        "encoder.posterior.bias": (2 * LATENT,),
        "decoder.hidden_1.kernel": (LATENT, 6),
        "decoder.hidden_1.bias": (6,),
        "decoder.hidden_2.kernel": (6, 7),
        "decoder.hidden_2.bias": (7,),
        "decoder.likelihood.kernel": (7, PIXELS),
        "decoder.likelihood.bias": (PIXELS,),
    }
    other.load_weights(weights)
    x, noise = draw_x(), draw([SAMPLES, BATCH, LATENT])
    for received, expected in zip(
        other.terms(x, noise), vae.terms(x, noise), strict=True
    ):
        np.testing.assert_array_equal(received, expected)


def test_a_learned_scale_is_a_weight():
    vae = make_vae(likelihood="gaussian")
    assert named_weights(vae.variables)["likelihood.log_scale"].shape == ()
    fixed = make_vae(likelihood="gaussian", gaussian_scale=0.1)
    assert "likelihood.log_scale" not in fixed.named_weights()


def test_weights_of_another_model_are_refused():
    weights = make_vae(hidden_units=[8, 6]).named_weights()
    message = r"encoder.hidden_1.bias is \(\(8,\), .*, expected \(\(7,\), .float32.\)"
    with pytest.raises(ValueError, match="another model: .* is "):
        make_vae().load_weights(weights)
    with pytest.raises(ValueError, match=message):
        make_vae().load_weights(
            make_vae().named_weights() | {"encoder.hidden_1.bias": np.zeros(8)}
        )
    with pytest.raises(ValueError, match=" is None, expected"):
        make_vae().load_weights({})
    with pytest.raises(ValueError, match="extra is .*, expected None"):
        make_vae().load_weights(make_vae().named_weights() | {"extra": np.zeros(8)})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value):
    weights = make_vae().named_weights()
    weights["decoder.hidden_2.bias"][3] = value
    with pytest.raises(ValueError, match="^decoder.hidden_2.bias is not finite$"):
        make_vae().load_weights(weights)


def test_observations_are_bytes_over_255():
    np.testing.assert_array_equal(
        observations(np.array([0, 51, 255], np.uint8)), np.float32([0, 0.2, 1])
    )
