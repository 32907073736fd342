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
        return loc + scale * noise

    @tf.function(jit_compile=True)
    def own_share(z, places):  # [chunk, latent], [chunk]
        deviation = (z[:, None, :] - loc) / scale  # [chunk, images, latent]
        # The Gaussians' common factor (2 pi)^(-latent / 2) cancels.
        log_prob = -0.5 * tf.square(deviation) - tf.math.log(scale)
        log_prob = tf.reduce_sum(log_prob, axis=-1)  # [chunk, images]
        own = tf.gather(log_prob, places, batch_dims=1)
        return own - tf.reduce_logsumexp(log_prob, axis=-1)

    z, places = draw(), np.arange(len(loc))
    chunks = [slice(i, i + CHUNK) for i in range(0, len(loc), CHUNK)]
    shares = [own_share(z[chunk], places[chunk]) for chunk in chunks]
    return np.concatenate(shares).astype(np.float64) + math.log(len(loc))
