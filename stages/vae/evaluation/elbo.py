"""A trained model on whole splits: terms of the ELBO, encodings, reconstructions."""

from typing import NamedTuple

import numpy as np

from vae.evaluation.chunks import in_blocks, map_chunks
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.gaussians import divergence
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import SPLITS, Purpose

CHUNK = 250  # images at once


def rates_and_distortions(
    vae: VAE, images: np.ndarray, *, num_samples: int, seed: int, split: str
) -> tuple[np.ndarray, np.ndarray]:
    """Rate and distortion of each image, the distortion averaged over samples.

    The noise of an image depends on its place in the split, not on the chunks.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels]; a pixel is byte / 255.
        num_samples: latent samples per image.
        seed: of the noise.
        split: `train` or `test`; each has noise of its own.

    Returns:
        rate and distortion, float64 [images], in nats.
    """
    noise = draw_standard_normal(
        [len(images), num_samples, vae.latent_dim],
        seed=seed,
        purpose=Purpose.EVALUATION_LATENTS,
        index=SPLITS[split],
    )

    @tf.function(jit_compile=True)
    def chunk_terms(images, noise):
        noise = tf.transpose(noise, [1, 0, 2])  # [samples, images, latent]
        terms = vae.terms(observations(images), noise)
        return terms.rate, tf.reduce_mean(terms.distortion, axis=0)

    what = f"ELBO of the {split} images"
    rate, distortion = map_chunks(chunk_terms, images, noise, size=CHUNK, what=what)
    return rate.astype(np.float64), distortion.astype(np.float64)


class Encoding(NamedTuple):
    """q(z|x) of many images.

    Attributes:
        loc: means, float32 [images, latent].
        scale: standard deviations, float32 [images, latent].
        rate_by_dimension: nats that each dimension carries, the mean over the images,
            float32 [latent]; of a learned prior, against the Gaussian with its mean
            and standard deviation there.
    """

    loc: np.ndarray
    scale: np.ndarray
    rate_by_dimension: np.ndarray


def encode(vae: VAE, images: np.ndarray) -> Encoding:
    """q(z|x) of images, uint8 [images, pixels]."""

    @tf.function(jit_compile=True)
    def encode_all(blocks):
        posteriors = tf.map_fn(
            lambda block: vae.posterior(observations(block)),
            blocks,
            fn_output_signature=(tf.float32, tf.float32),
        )
        loc, scale = (
            tf.reshape(t, [-1, vae.latent_dim])[: len(images)] for t in posteriors
        )
        rates = divergence(loc, scale, *vae.prior.current().moments())
        return loc, scale, tf.reduce_mean(rates, axis=0)

    encoded = encode_all(in_blocks(images, CHUNK))
    return Encoding(*(tensor.numpy() for tensor in encoded))


def decode(vae: VAE, z: np.ndarray) -> np.ndarray:
    """E[x|z], float32 [images, pixels], of `z` [images, latent]."""
    return tf.function(vae.mean, jit_compile=True)(z).numpy()
