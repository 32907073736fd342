import numpy as np
import tensorflow as tf

from vae import evaluation
from vae.evaluation.inference import decode, encode, rates_and_distortions
from vae.model import VAE, observations, rate_by_dimension
from vae.noise import Purpose, standard_normal

SAMPLES, IMAGES, PIXELS, LATENT = 3, 7, 6, 2


def make_vae():
    return VAE(
        num_pixels=PIXELS,
        latent_dim=LATENT,
        hidden_units=[8, 4],
        activation="relu",
        likelihood="bernoulli",
        gaussian_scale="learned",
        seed=1,
    )


IMAGE_BYTES = np.random.default_rng(0).integers(256, size=(IMAGES, PIXELS), dtype="u1")


def evaluate(vae, images=IMAGE_BYTES, **changes):
    settings = dict(num_samples=SAMPLES, seed=2, stream=1)
    return rates_and_distortions(vae, images, **(settings | changes))


def test_terms_are_averages_over_the_samples_of_each_image():
    vae = make_vae()

    @tf.function(jit_compile=True)
    def draw():
        shape = [SAMPLES, IMAGES, LATENT]
        return standard_normal(
            shape, seed=2, purpose=Purpose.EVALUATION_LATENTS, index=1
        )

    noise = draw()
    rate, distortion = evaluate(vae)
    for i, image in enumerate(IMAGE_BYTES):
        terms = vae.terms(observations(image[None]), noise[:, i : i + 1])
        np.testing.assert_allclose(rate[i], terms.rate[0], rtol=1e-5)
        np.testing.assert_allclose(distortion[i], np.mean(terms.distortion), rtol=1e-5)


def test_chunks_change_nothing(monkeypatch):
    vae = make_vae()
    whole = evaluate(vae)
    for size in (1, 2, 3):
        monkeypatch.setattr(evaluation, "CHUNK", size)
        for received, expected in zip(evaluate(vae), whole, strict=True):
            np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_seed_and_stream_decide_the_noise():
    vae = make_vae()
    _, distortion = evaluate(vae)
    np.testing.assert_array_equal(evaluate(vae)[1], distortion)
    assert np.any(evaluate(vae, seed=3)[1] != distortion)
    assert np.any(evaluate(vae, stream=0)[1] != distortion)


def test_more_samples_estimate_the_same_bound():
    vae = make_vae()
    few = evaluate(vae, num_samples=5_000)[1]
    many = evaluate(vae, num_samples=20_000, seed=4)[1]
    one = evaluate(vae, num_samples=1)[1]
    np.testing.assert_allclose(few, many, rtol=2e-2)
    assert np.max(np.abs(one - many)) > np.max(np.abs(few - many))


def test_encodings_are_the_posteriors():
    vae = make_vae()
    loc, scale, rate = encode(vae, IMAGE_BYTES)
    expected_loc, expected_scale = vae.posterior(observations(IMAGE_BYTES))
    np.testing.assert_allclose(loc, expected_loc, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scale, expected_scale, rtol=1e-5)
    expected = np.mean(rate_by_dimension(loc, scale), axis=0)
    assert rate.shape == (LATENT,)
    np.testing.assert_allclose(rate, expected, rtol=1e-5)


def test_decoded_images_are_means():
    vae = make_vae()
    z = np.float32([[0, 0], [1, -2], [40, 40]])
    mean = decode(vae, z)
    assert mean.shape == (3, PIXELS)
    np.testing.assert_allclose(mean, tf.sigmoid(vae.decoder(z)), rtol=1e-5)
