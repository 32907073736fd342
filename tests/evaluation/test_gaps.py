"""The gaps on linear-Gaussian models, whose posterior is a Gaussian that is known."""

import numpy as np
import pytest
import scipy.stats

from models import IMAGE_BYTES, linear_gaussian
from vae.evaluation.gaps import elbo, gaps, search
from vae.numerics.determinism import tf
from vae.numerics.gaussians import divergence
from vae.numerics.pixels import observations

X = observations(IMAGE_BYTES)


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_all_of_the_gap_is_the_encoders_where_the_posterior_is_of_the_family(
    latent_dim,
):
    exact, log_evidence = linear_gaussian(latent_dim)
    vae, _ = linear_gaussian(latent_dim, posterior_factor=1.7, posterior_shift=2.0)
    received = gaps(vae, IMAGE_BYTES, log_evidence, seed=1)
    expected = np.sum(divergence(*vae.posterior(X), *exact.posterior(X)), axis=-1)
    np.testing.assert_allclose(received["approximation_gap"], 0, atol=1e-3)
    np.testing.assert_allclose(received["amortisation_gap"], expected, atol=1e-3)


def test_the_integral_is_exact():
    """Against a mean over many samples, for a q that is not the posterior."""
    vae, _ = linear_gaussian(2)
    loc, scale = tf.constant([[[0.3, -0.4]]]), tf.constant([[[0.5, 0.2]]])
    z = np.random.default_rng(0).normal(loc, scale, size=[100_000, 1, 2])
    log_joint = vae.log_likelihood(X[:1], tf.constant(z, tf.float32))
    log_joint += vae.prior.current().log_prob(tf.constant(z, tf.float32))
    draws = log_joint - scipy.stats.norm(loc[0], scale[0]).logpdf(z).sum(axis=-1)
    error = np.std(draws) / np.sqrt(len(z))
    received = elbo(vae, X[:1], loc, scale, 6)[0, 0]
    assert abs(received - np.mean(draws)) < 4 * error


def test_the_search_ends_at_the_posterior():
    vae, _ = linear_gaussian(2)
    expected = vae.posterior(X)
    starts = [tf.stack([e + 0.3, e - 0.1]) for e in expected]
    starts[1] = tf.abs(starts[1]) + 0.05
    found = tf.function(lambda: search(vae, X, *starts), jit_compile=True)()
    for received, exact in zip(found, expected, strict=True):
        np.testing.assert_allclose(received, np.stack([exact] * 2), atol=2e-3)
