"""What the latents say: of the image, and of the class it shows."""

import math

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vae.evaluation.chunks import map_chunks
from vae.numerics.determinism import tf
from vae.numerics.noise import draw_standard_normal
from vae.numerics.streams import Purpose

CHUNK = 500  # samples compared with all posteriors at once


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
        loc: means of q(z|x), float32 [images, latent].
        scale: its standard deviations, likewise.
        seed: of the draw.

    Returns:
        float64 [images], in nats.
    """
    noise = draw_standard_normal(
        list(loc.shape), seed=seed, purpose=Purpose.AGGREGATE_LATENTS, index=0
    )

    @tf.function(jit_compile=True)
    def own_share(noise, places):  # [chunk, latent], [chunk]
        z = tf.gather(loc, places) + tf.gather(scale, places) * noise
        deviation = (z[:, None, :] - loc) / scale  # [chunk, images, latent]
        # The Gaussians' common factor (2 pi)^(-latent / 2) cancels.
        log_prob = -0.5 * tf.square(deviation) - tf.math.log(scale)
        log_prob = tf.reduce_sum(log_prob, axis=-1)  # [chunk, images]
        own = tf.gather(log_prob, places, batch_dims=1)
        return (own - tf.reduce_logsumexp(log_prob, axis=-1),)

    places = np.arange(len(loc))
    (share,) = map_chunks(
        own_share, noise, places, size=CHUNK, what="mutual information"
    )
    return share.astype(np.float64) + math.log(len(loc))


def probe_hits(
    loc: np.ndarray, label: np.ndarray, test_loc: np.ndarray, test_label: np.ndarray
) -> dict[str, np.ndarray]:
    """Which test images simple classifiers get right, after a fit to training images.

    Both are fitted without a BLAS, whose sums differ between CPUs.

    Args:
        loc: posterior means to fit [images, latent].
        label: their classes [images].
        test_loc: posterior means to predict the class of.
        test_label: the classes that are right.

    Returns:
        bool [test images] for `knn_accuracy` (the five nearest neighbors) and
        `probe_accuracy` (multinomial logistic regression).
    """
    classifiers = {
        "knn_accuracy": KNeighborsClassifier(5, algorithm="kd_tree", n_jobs=-1),
        "probe_accuracy": make_pipeline(
            StandardScaler(),
            LogisticRegression(solver="saga", max_iter=1000, random_state=0),
        ),
    }
    return {
        name: classifier.fit(loc, label).predict(test_loc) == test_label
        for name, classifier in classifiers.items()
    }
