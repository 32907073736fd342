"""How much the latents say of the image, and how much of that the prior costs."""

import math

import numpy as np

import vae.determinism  # noqa: F401  before TensorFlow
import tensorflow as tf

from vae.noise import Purpose, standard_normal

CHUNK = 500  # samples compared with all posteriors at once; bounds memory


def active_units(loc: np.ndarray) -> int:
    """Dimensions whose posterior mean varies by more than 0.01 over the images.

    Source: Burda et al. (2016), arXiv 1509.00519, section 5.2.

    Args:
        loc: posterior means [images, latent].
    """
    return int((loc.astype(np.float64).var(axis=0) > 0.01).sum())


def mutual_information(loc: np.ndarray, scale: np.ndarray, *, seed: int) -> np.ndarray:
    """log q(z|x) - log q(z) of each image, at one z ~ q(z|x).

    q(z) = 1/N sum_n q(z|x_n) is the aggregate posterior of these N images. The mean
    over the images estimates the mutual information of image and latent, which cannot
    exceed log N; the mean rate less that is KL(q(z) || p(z)).

    Source: Hoffman and Johnson (2016), ELBO surgery.

    Args:
        loc, scale: of q(z|x), float32 [images, latent].
        seed: of the draw.

    Returns:
        float64 [images], in nats.
    """

    @tf.function(jit_compile=True)
    def draw():
        noise = standard_normal(
            list(loc.shape), seed=seed, purpose=Purpose.AGGREGATE_LATENTS, index=0
        )
        own = -0.5 * tf.square(noise) - tf.math.log(scale)
        return loc + scale * noise, tf.reduce_sum(own, axis=-1)

    @tf.function(jit_compile=True)
    def log_sum_of_all(z):  # [chunk, latent]
        deviation = (z[:, None, :] - loc) / scale  # [chunk, images, latent]
        log_prob = -0.5 * tf.square(deviation) - tf.math.log(scale)
        return tf.reduce_logsumexp(tf.reduce_sum(log_prob, axis=-1), axis=-1)

    # The Gaussians' common factor (2 pi)^(-latent / 2) cancels.
    z, own = draw()
    sums = [log_sum_of_all(z[i : i + CHUNK]) for i in range(0, len(loc), CHUNK)]
    log_aggregate = np.concatenate(sums).astype(np.float64) - math.log(len(loc))
    return own.numpy() - log_aggregate
