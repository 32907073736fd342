"""Samples that explain an image best, on linear-Gaussian models."""

import numpy as np
import pytest

from models import IMAGE_BYTES, IMAGES, linear_gaussian, normal
from vae.evaluation import search
from vae.evaluation.proposals import NUM_CENTERS, Mixture
from vae.numerics.determinism import tf
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose

pytestmark = pytest.mark.usefixtures("eager")

X = observations(IMAGE_BYTES)


def test_each_image_has_the_samples_of_the_prior_that_explain_it_best(monkeypatch):
    vae, _ = linear_gaussian(2)
    monkeypatch.setattr(search, "NUM_SHARED", 64)
    monkeypatch.setattr(search, "SHARED_IMAGES", 4)  # of 7 images
    z, log_likelihood = search.explore_prior(vae, IMAGE_BYTES, seed=3)
    assert z.shape == (*log_likelihood.shape, 2) == (IMAGES, NUM_CENTERS, 2)
    purpose = Purpose.PRIOR_LATENTS
    shared = draw_standard_normal([64, 2], seed=3, purpose=purpose, index=1).numpy()
    everything = vae.log_likelihood_pairs(X, tf.constant(shared)).numpy()
    for i in range(IMAGES):
        best = np.argsort(-everything[i])[:NUM_CENTERS]
        np.testing.assert_allclose(log_likelihood[i], everything[i][best], atol=1e-5)
        np.testing.assert_array_equal(z[i], shared[best])


def test_weights_of_what_is_explored_are_those_of_one_mixture():
    """In shares of the numbers of samples from q(z|x) and from the prior."""
    vae, _ = linear_gaussian(2, posterior_factor=1.7)
    noise, prior_z = tf.constant(normal(5, IMAGES, 2)), normal(IMAGES, 4, 2, seed=1)
    log_likelihood = vae.log_likelihood(X, tf.constant(prior_z.swapaxes(0, 1)))
    z, log_weights, _ = search.explore(
        vae, X, noise, prior_z, tf.transpose(log_likelihood)
    )
    loc, scale = vae.posterior(X)
    np.testing.assert_array_equal(z[5:], prior_z.swapaxes(0, 1))
    prior = vae.prior.log_prob(z)
    q = Mixture(loc[None], scale[None], [5]).log_prob(z)
    both = np.logaddexp(q + np.log(5), prior + np.log(search.NUM_SHARED))
    ratio = log_weights - (vae.log_likelihood(X, z) + prior - both)
    np.testing.assert_allclose(ratio, np.log(search.NUM_SHARED), atol=1e-3)
