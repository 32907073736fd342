"""A trained model on whole splits: terms of the ELBO, encodings, reconstructions."""

from typing import NamedTuple

import numpy as np

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf

from vae.model import VAE, observations, rate_by_dimension
from vae.noise import Purpose, standard_normal

CHUNK = 500  # images decoded at once; bounds memory, changes no number


def rates_and_distortions(
    vae: VAE, images: np.ndarray, *, num_samples: int, seed: int, stream: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rate and distortion of each image, the distortion averaged over samples.

    The noise of an image depends on its place in the split, not on the chunks.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels]; a pixel is byte / 255.
        num_samples: latent samples an image.
        seed: of the noise.
        stream: tells splits under one seed apart.

    Returns:
        rate and distortion, float64 [images], in nats.
    """

    @tf.function(jit_compile=True)
    def draw_noise():  # [samples, images, latent]
        return standard_normal(
            [num_samples, len(images), vae.latent_dim],
            seed=seed,
            purpose=Purpose.EVALUATION_LATENTS,
            index=stream,
        )

    @tf.function(jit_compile=True)
    def chunk_terms(chunk, noise):
        terms = vae.terms(observations(chunk), noise)
        return terms.rate, tf.reduce_mean(terms.distortion, axis=0)

    noise = draw_noise()
    terms = [
        chunk_terms(images[i : i + CHUNK], noise[:, i : i + CHUNK])
        for i in range(0, len(images), CHUNK)
    ]
    rates, distortions = zip(*terms, strict=True)
    return (
        np.concatenate(rates).astype(np.float64),
        np.concatenate(distortions).astype(np.float64),
    )


class Encoding(NamedTuple):
    """q(z|x) of many images.

    Attributes:
        loc, scale: float32 [images, latent].
        rate: the mean over the images of what each dimension carries, [latent], nats.
    """

    loc: np.ndarray
    scale: np.ndarray
    rate: np.ndarray


def encode(vae: VAE, images: np.ndarray) -> Encoding:
    """q(z|x) of images, uint8 [images, pixels]."""

    @tf.function(jit_compile=True)
    def encode_all(images):
        loc, scale = vae.posterior(observations(images))
        return loc, scale, tf.reduce_mean(rate_by_dimension(loc, scale), axis=0)

    return Encoding(*(tensor.numpy() for tensor in encode_all(images)))


def decode(vae: VAE, z: np.ndarray) -> np.ndarray:
    """E[x|z] in [0, 1], float32 [images, pixels], of `z` [images, latent]."""

    @tf.function(jit_compile=True)
    def decode_all(z):
        return vae.likelihood.mean(vae.decode(z))

    return decode_all(z).numpy()
