"""Images drawn from the model."""

import numpy as np

from models import IMAGE_BYTES, make_vae
from vae.evaluation.simulation import simulate


def test_images_are_drawn_from_the_model(eager):
    vae = make_vae(prior="vamp")
    vae.start_from(IMAGE_BYTES)
    z, images = simulate(vae, 20_000, seed=3)
    assert images.dtype == np.uint8 and set(np.unique(images)) == {0, 255}
    loc, scale = vae.prior.moments()
    np.testing.assert_allclose(z.mean(axis=0), loc, atol=0.03)
    np.testing.assert_allclose(z.std(axis=0), scale, rtol=0.02)
    mean = vae.mean(z).numpy()
    error = np.sqrt(mean * (1 - mean)).mean(axis=0) / np.sqrt(len(z))
    assert np.all(abs(images.mean(axis=0) / 255 - mean.mean(axis=0)) < 5 * error)
