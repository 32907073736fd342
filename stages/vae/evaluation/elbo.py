"""Terms of the ELBO, encodings and reconstructions of all images of a split."""

from typing import NamedTuple

import numpy as np

from vae.evaluation.chunks import in_blocks, map_chunks
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.gaussians import divergence
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import SPLITS, Purpose

CHUNK = 250  # images per chunk


def rates_and_distortions(
    vae: VAE, images: np.ndarray, *, num_samples: int, seed: int, split: str
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the rate and the distortion of each image, float64 [images] in nats.

    The distortion is a mean over `num_samples` latent samples. The noise of an image
    depends on its index in the split `train` or `test`, not on the chunks.
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

    title = f"ELBO of the {split} images"
    rate, distortion = map_chunks(chunk_terms, images, noise, size=CHUNK, title=title)
    return rate.astype(np.float64), distortion.astype(np.float64)


class Encoding(NamedTuple):
    """The posteriors q(z|x) of many images.

    The rate per dimension is a mean over the images, in nats. It is the rate against
    the Gaussian that has the mean and the standard deviation of the prior.
    """

    loc: np.ndarray  # float32 [images, latent]
    scale: np.ndarray  # float32 [images, latent]
    rate_by_dimension: np.ndarray  # float32 [latent]


def encode(vae: VAE, images: np.ndarray) -> Encoding:
    """Compute q(z|x) of images, uint8 [images, pixels]."""

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

    return Encoding(*(t.numpy() for t in encode_all(in_blocks(images, CHUNK))))


def decode(vae: VAE, z: np.ndarray) -> np.ndarray:
    """Compute E[x|z], float32 [images, pixels], for `z` [images, latent]."""
    return tf.function(vae.mean, jit_compile=True)(z).numpy()
