"""Terms of the ELBO, encodings and reconstructions of whole splits."""

import numpy as np
import pytest

from models import IMAGE_BYTES, IMAGES, make_vae
from vae.evaluation import elbo
from vae.evaluation.elbo import encode, rates_and_distortions
from vae.numerics.gaussians import divergence
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import SPLITS, Purpose

LATENT = 2
VAE_OF_TESTS = make_vae(latent_dim=LATENT, activation="relu", seed=1)


@pytest.mark.parametrize("split", ["train", "test"])
def test_terms_are_averages_over_the_samples_of_each_image(eager, monkeypatch, split):
    monkeypatch.setattr(elbo, "CHUNK", 3)
    noise = draw_standard_normal(
        [IMAGES, 3, LATENT],
        seed=2,
        purpose=Purpose.EVALUATION_LATENTS,
        index=SPLITS[split],
    )
    draws = {"num_samples": 3, "seed": 2, "split": split}
    rate, distortion = rates_and_distortions(VAE_OF_TESTS, IMAGE_BYTES, **draws)
    assert rate.dtype == distortion.dtype == np.float64
    for i, image in enumerate(IMAGE_BYTES):
        terms = VAE_OF_TESTS.terms(observations(image[None]), noise[i][:, None])
        np.testing.assert_allclose(rate[i], terms.rate[0], rtol=1e-5)
        np.testing.assert_allclose(distortion[i], np.mean(terms.distortion), rtol=1e-5)


def test_encodings_are_the_posteriors(eager, monkeypatch):
    monkeypatch.setattr(elbo, "CHUNK", 3)
    loc, scale, rate = encode(VAE_OF_TESTS, IMAGE_BYTES)
    expected_loc, expected_scale = VAE_OF_TESTS.posterior(observations(IMAGE_BYTES))
    np.testing.assert_allclose(loc, expected_loc, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scale, expected_scale, rtol=1e-5)
    expected = np.mean(divergence(loc, scale), axis=0)
    assert rate.shape == (LATENT,)
    np.testing.assert_allclose(rate, expected, rtol=1e-5)
