"""Densities of priors against SciPy, and their samples."""

import numpy as np
import pytest
import scipy.stats
from scipy.special import logsumexp

from models import LATENT, PIXELS, make_vae, normal
from vae.learned_priors import FlowPrior, GaussianMixture
from vae.numerics.determinism import tf
from vae.priors import StandardNormal

COMPONENTS = 4
LOC = normal(COMPONENTS, LATENT)
SCALE = np.exp(normal(COMPONENTS, LATENT, seed=1) / 2)
MIXTURE = GaussianMixture(tf.constant(LOC), tf.constant(SCALE))
PRIORS = [StandardNormal(LATENT), MIXTURE]


@pytest.fixture(params=[2, LATENT])
def flow(request):
    """Return a flow with random weights."""
    prior = FlowPrior(request.param, flow_layers=3, flow_units=7, seed=1)
    for i, variable in enumerate(prior.variables):
        variable.assign(normal(*variable.shape, seed=i) / 2)
    return prior


def test_a_flow_starts_as_the_standard_prior():
    flow, z = FlowPrior(LATENT, flow_layers=3, flow_units=7, seed=1), normal(4, LATENT)
    np.testing.assert_array_equal(flow.draw(z), z)
    np.testing.assert_allclose(flow.log_prob(z), PRIORS[0].log_prob(z), rtol=1e-6)


def test_a_flow_is_inverted_and_has_the_determinant_of_its_jacobian(flow):
    noise = tf.constant(normal(4, flow.latent_dim))
    with tf.GradientTape() as tape:
        tape.watch(noise)
        z = flow.draw(noise)
    jacobian = np.float64(tape.batch_jacobian(z, noise))
    log_det = np.linalg.slogdet(jacobian)[1]
    expected = scipy.stats.norm.logpdf(noise).sum(axis=-1) - log_det
    standard = scipy.stats.norm.logpdf(z).sum(axis=-1)
    expected = np.logaddexp(np.log(0.9999) + expected, np.log(0.0001) + standard)
    np.testing.assert_allclose(flow.log_prob(z), expected, rtol=1e-5, atol=1e-5)
    pairs = tf.reshape(z, [2, 2, -1])
    np.testing.assert_allclose(
        flow.log_prob(pairs), expected.reshape(2, 2), rtol=1e-5, atol=1e-5
    )


def test_no_latent_has_a_far_lower_density_under_a_flow_than_under_the_standard(flow):
    z = tf.constant(1e4 * normal(4, flow.latent_dim))
    with tf.GradientTape() as tape:
        tape.watch(z)
        log_prob = flow.log_prob(z)
    expected = StandardNormal(flow.latent_dim).log_prob(z) + np.log(0.0001)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(log_prob, z), -z, rtol=1e-6)


def test_moments_and_kernels_of_a_flow_are_those_of_draws(flow):
    z = np.float64(flow.draw(tf.constant(normal(100_000, flow.latent_dim))))
    mean, deviation = tf.function(flow.moments, jit_compile=True)()
    error = z.std(axis=0) / np.sqrt(512)
    assert np.all(abs(mean - z.mean(axis=0)) < 4 * error)
    np.testing.assert_allclose(deviation, z.std(axis=0), rtol=0.3)
    loc, scale = flow.components()
    assert loc.shape == scale.shape == (2048, flow.latent_dim)
    np.testing.assert_allclose(scale[0] / deviation, 2048 ** (-1 / 6), rtol=0.2)


def log_prob(prior, z):
    """Compute the log density with SciPy, in 64 bits."""
    loc, scale = map(np.float64, prior.components())
    each = scipy.stats.norm(loc, scale).logpdf(np.float64(z)[..., None, :])
    return logsumexp(each.sum(axis=-1), axis=-1) - np.log(len(loc))


@pytest.fixture
def vae():
    """Return a model whose prior has distinct pseudo-inputs."""
    vae = make_vae(prior="vamp")
    vae.prior.pseudo_inputs.assign(normal(COMPONENTS, PIXELS))
    return vae


@pytest.mark.parametrize("prior", PRIORS)
def test_log_density_equals_scipy(prior):
    z = normal(2, 3, LATENT)
    received = prior.log_prob(tf.constant(z))
    np.testing.assert_allclose(received, log_prob(prior, z), rtol=1e-5)


@pytest.mark.parametrize("prior", PRIORS)
def test_moments_and_rate_equal_those_of_samples(prior):
    z = np.float64(prior.draw(tf.constant(normal(200_000, LATENT))))
    mean, deviation = prior.moments()
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(z.std(axis=0), deviation, rtol=0.01)

    loc, scale = LOC[:2], SCALE[:2]  # for two images
    samples = loc + scale * normal(20_000, 2, LATENT, seed=1)
    ratio = scipy.stats.norm(loc, scale).logpdf(samples).sum(axis=-1)
    ratio -= log_prob(prior, samples)
    rate = prior.rate(*map(tf.constant, (loc, scale, samples)))
    error = ratio.std(axis=0) / np.sqrt(len(ratio))
    assert np.all(abs(rate - ratio.mean(axis=0)) < 4 * error)


def test_each_component_is_drawn_equally_often():
    z = MIXTURE.draw(tf.zeros([2 * COMPONENTS, LATENT]))
    np.testing.assert_array_equal(z, np.repeat(LOC, 2, axis=0))


def test_pseudo_inputs_start_as_some_of_the_images(vae):
    images = np.random.default_rng(0).integers(256, size=(9, PIXELS), dtype="u1")
    vae.start_from(images)
    expected = images[[0, 2, 5, 8]] / np.float32(255)
    np.testing.assert_array_equal(vae.prior.pseudo_inputs, expected)


def test_the_learned_prior_is_the_mixture_of_the_pseudo_inputs_posteriors(vae):
    expected = vae.posterior(vae.prior.pseudo_inputs.value)
    np.testing.assert_array_equal(vae.prior.current().components(), expected)
    frozen = vae.prior.frozen()
    vae.prior.pseudo_inputs.assign(normal(COMPONENTS, PIXELS, seed=1))
    np.testing.assert_allclose(frozen.components(), expected, rtol=1e-4, atol=1e-6)
    assert np.all(vae.prior.current().components()[0] != expected[0])
    assert vae.prior.is_standard is vae.prior.current().is_standard is False
    assert make_vae().prior.frozen().is_standard is True


def test_scales_of_components_have_a_lower_bound(vae):
    """Without a smallest scale this density would be wrong by 3e8 nats."""
    *_, last = vae.encoder.layers
    loc, unbounded = np.split(last.bias.numpy(), 2)
    last.bias.assign(np.concatenate([loc + 30, unbounded - 20]))
    prior = vae.prior.current()
    loc, scale = prior.components()
    z = loc + scale * normal(COMPONENTS, LATENT)
    np.testing.assert_allclose(prior.log_prob(z), log_prob(prior, z), atol=0.01)
