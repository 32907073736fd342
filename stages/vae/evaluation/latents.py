"""Information that the latents carry about the image and about its class."""

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

ACTIVE_VARIANCE = 0.01  # above which the posterior mean of a dimension varies
CHUNK = 500  # samples per chunk, which are compared with all posteriors
MAX_VALUES = 10**8  # in the array [samples, posteriors, latent] of a chunk


def active_units(loc: np.ndarray) -> int:
    """Count the dimensions whose posterior mean has a variance above 0.01.

    Source: Burda et al. (2016), arXiv 1509.00519, section 5.2.
    """
    return int((loc.astype(np.float64).var(axis=0) > ACTIVE_VARIANCE).sum())


def mutual_information(loc: np.ndarray, scale: np.ndarray, *, seed: int) -> np.ndarray:
    """Compute log q(z|x) - log q(z) at one z ~ q(z|x), float64 [images] in nats.

    q(z) = 1/N sum_n q(z|x_n) is the aggregate posterior of these N images; loc and
    scale are those of q(z|x), [images, latent]. The mean over the images estimates the
    mutual information of image and latent, which is at most log N. The mean rate minus
    the mutual information is KL(q(z) || p(z)).

    Source: Hoffman and Johnson (2016), ELBO surgery.
    """
    noise = draw_standard_normal(
        list(loc.shape), seed=seed, purpose=Purpose.AGGREGATE_LATENTS, index=0
    )

    @tf.function(jit_compile=True)
    def own_share(noise, indices):  # [chunk, latent], [chunk]
        z = tf.gather(loc, indices) + tf.gather(scale, indices) * noise
        deviation = (z[:, None, :] - loc) / scale  # [chunk, images, latent]
        # The Gaussians' common factor (2 pi)^(-latent / 2) cancels.
        log_prob = -0.5 * tf.square(deviation) - tf.math.log(scale)
        log_prob = tf.reduce_sum(log_prob, axis=-1)  # [chunk, images]
        own = tf.gather(log_prob, indices, batch_dims=1)
        return (own - tf.reduce_logsumexp(log_prob, axis=-1),)

    indices, title = np.arange(len(loc)), "mutual information"
    size = max(1, min(CHUNK, MAX_VALUES // loc.size))
    (share,) = map_chunks(own_share, noise, indices, size=size, title=title)
    return share.astype(np.float64) + math.log(len(loc))


def probe_hits(
    loc: np.ndarray, label: np.ndarray, test_loc: np.ndarray, test_label: np.ndarray
) -> dict[str, np.ndarray]:
    """Return whether predictions for test images are correct, bool [images] by name.

    A five-nearest-neighbor classifier and logistic regression are fitted to posterior
    means `loc` of training images, without a BLAS, whose sums differ between CPUs. The
    result is empty if all training images are of one class.
    """
    if len(np.unique(label)) == 1:
        return {}
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
