"""Densities of the priors against SciPy, and what is drawn from them."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from scipy.special import logsumexp

from test_model import draw, draw_x, make_vae
from vae.pipeline.trained import named_weights
from vae.priors import MixturePrior, StandardNormal

COMPONENTS, LATENT = 4, 5
RNG = np.random.default_rng(0)
LOC = RNG.normal(size=(COMPONENTS, LATENT)).astype("f4")
SCALE = np.exp(RNG.normal(size=(COMPONENTS, LATENT)) / 2).astype("f4")
MIXTURE = MixturePrior(tf.constant(LOC), tf.constant(SCALE))
PRIORS = [StandardNormal(LATENT), MIXTURE]


def log_prob(prior, z):
    """By SciPy, in 64 bits."""
    loc, scale = map(np.float64, prior.components())
    each = scipy.stats.norm(loc, scale).logpdf(np.float64(z)[..., None, :])
    return logsumexp(each.sum(axis=-1), axis=-1) - np.log(len(loc))


@pytest.mark.parametrize("prior", PRIORS)
def test_the_density_is_scipys(prior):
    z = draw([2, 3, LATENT])
    received = prior.log_prob(tf.constant(z))
    np.testing.assert_allclose(received, log_prob(prior, z), rtol=1e-5)


def test_the_density_is_exact_where_components_are_narrow_and_far():
    """z^2 / scale^2 is 1e5 here, of which the density is a difference."""
    prior = MixturePrior(tf.constant(3 * LOC), tf.constant(0.01 * SCALE))
    z = 3 * LOC + 0.01 * SCALE * draw([COMPONENTS, LATENT])
    received = prior.log_prob(tf.constant(z))
    np.testing.assert_allclose(received, log_prob(prior, z), atol=0.05)


@pytest.mark.parametrize("prior", PRIORS)
def test_moments_and_rate_are_those_of_what_is_drawn(prior):
    z = np.float64(prior.draw(tf.constant(draw([200_000, LATENT]))))
    mean, deviation = prior.moments()
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(z.std(axis=0), deviation, rtol=0.01)

    loc, scale = LOC[:2], SCALE[:2]  # of two images
    samples = loc + scale * draw([20_000, 2, LATENT], seed=1)
    ratio = scipy.stats.norm(loc, scale).logpdf(samples).sum(axis=-1)
    ratio -= log_prob(prior, samples)
    rate = prior.rate(*map(tf.constant, (loc, scale, np.float32(samples))))
    error = ratio.std(axis=0) / np.sqrt(len(ratio))
    assert np.all(abs(rate - ratio.mean(axis=0)) < 4 * error)


def test_the_estimate_of_the_rate_is_the_closed_form_where_it_holds():
    """A mixture of equal components is the standard Gaussian."""
    same = MixturePrior(tf.zeros([3, LATENT]), tf.ones([3, LATENT]))
    loc, scale = tf.constant(LOC[:2]), tf.constant(SCALE[:2])
    z = loc + scale * draw([100_000, 2, LATENT])
    expected = StandardNormal(LATENT).rate(loc, scale, z)
    np.testing.assert_allclose(same.rate(loc, scale, z), expected, atol=0.05)


def test_each_component_gives_its_share():
    z = MIXTURE.draw(tf.zeros([2 * COMPONENTS, LATENT]))
    np.testing.assert_array_equal(z, np.repeat(LOC, 2, axis=0))


def test_the_learned_prior_is_the_mixture_of_the_pseudo_inputs_posteriors():
    vae = make_vae(prior="vamp")
    images = np.random.default_rng(0).integers(256, size=(9, 11), dtype=np.uint8)
    vae.start_from(images)
    prior = vae.prior.current()
    for received, expected in zip(
        prior.components(), vae.posterior(vae.pseudo_inputs.value), strict=True
    ):
        np.testing.assert_array_equal(received, expected)


def test_no_gaussian_is_too_narrow_for_its_density():
    """Without a least scale this density is wrong by 3e8 nats."""
    vae = make_vae(prior="vamp")
    vae.pseudo_inputs.assign(draw([4, 11]))
    *_, last = vae.encoder.layers
    loc, unbounded = np.split(last.bias.numpy(), 2)
    last.bias.assign(np.concatenate([loc + 30, unbounded - 20]))
    prior = vae.prior.current()
    loc, scale = prior.components()
    z = loc + scale * draw([4, LATENT])
    np.testing.assert_allclose(prior.log_prob(z), log_prob(prior, z), atol=0.01)


def test_terms_are_those_of_the_learned_prior():
    vae, x, noise = make_vae(prior="vamp"), draw_x(), draw([2, 3, LATENT])
    vae.pseudo_inputs.assign(draw([4, 11]))
    terms, prior = vae.terms(x, noise), vae.prior.current()
    loc, scale = vae.posterior(x)
    z = np.float64(loc + scale * noise)
    log_q = scipy.stats.norm(loc, scale).logpdf(z).sum(axis=-1)
    ratio = log_prob(prior, z) - log_q
    np.testing.assert_allclose(terms.log_weights + terms.distortion, ratio, atol=1e-4)
    entropy = scipy.stats.norm(loc, scale).entropy().sum(axis=-1)
    rate = -entropy - log_prob(prior, z).mean(axis=0)
    np.testing.assert_allclose(terms.rate, rate, atol=1e-4)


def test_the_pseudo_inputs_are_trained_and_saved():
    vae = make_vae(prior="vamp")
    vae.pseudo_inputs.assign(draw([4, 11]))
    with tf.GradientTape() as tape:
        rate = tf.reduce_mean(vae.terms(draw_x(), draw([2, 3, LATENT])).rate)
    assert np.any(tape.gradient(rate, vae.pseudo_inputs.value) != 0)
    other = make_vae(prior="vamp", seed=1)
    other.load_weights(named_weights(vae.variables))
    np.testing.assert_array_equal(other.pseudo_inputs, vae.pseudo_inputs)
