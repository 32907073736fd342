"""Small models for tests: a random one, and one whose evidence is known."""

import numpy as np
import scipy.stats

from conftest import TINY
from vae.model import VAE
from vae.pipeline.schema import Evaluate
from vae.pipeline.trained import assign_weights

# Distinct sizes on every axis, so that swapped axes fail.
SAMPLES, BATCH, LATENT, PIXELS, IMAGES = 2, 3, 5, 6, 7
NOISE_SCALE = 0.3
IMAGE_BYTES = np.random.default_rng(0).integers(256, size=(IMAGES, PIXELS), dtype="u1")


def normal(*shape, seed=0):
    """Return standard Gaussian numbers, float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype("f4")


def make_vae(**changes):
    """Make a VAE with random weights."""
    sizes = {"latent_dim": LATENT, "hidden_units": [9, 8]}
    return VAE(num_pixels=PIXELS, **(TINY["model"] | sizes | changes))


def evaluate_settings(**changes):
    """Make the section `evaluate` of the parameters."""
    settings = {"proposal": "posterior", "num_importance_samples": 5, "seed": 3}
    return Evaluate(**(TINY["evaluate"] | settings | changes))


def linear_gaussian(latent_dim, posterior_factor=1.0, posterior_shift=0.0):
    """Make a VAE without hidden layers whose q(z|x) is the posterior or differs.

    x = W z + b + noise, with orthogonal columns of W so that the dimensions of the
    posterior are independent. Compared with it, q(z|x) is wider by a factor and shifted
    by a multiple of its scale. Returns the model and log p(x) of IMAGE_BYTES.
    """
    rng = np.random.default_rng(latent_dim)
    directions, _ = np.linalg.qr(rng.normal(size=(PIXELS, latent_dim)))
    w = directions * np.linspace(0.5, 1.0, latent_dim)
    b = np.full(PIXELS, 0.5)
    variance = 1 / (1 + (w**2).sum(axis=0) / NOISE_SCALE**2)  # [latent]
    to_loc = w * variance / NOISE_SCALE**2  # [pixels, latent]
    scale = posterior_factor * np.sqrt(variance)
    shift = posterior_shift * np.sqrt(variance)
    weights = {
        "encoder.posterior.kernel": np.concatenate([to_loc, 0 * to_loc], axis=1),
        "encoder.posterior.bias": np.concatenate(
            [shift - b @ to_loc, np.log(np.expm1(scale - 1e-6))]
        ),
        "decoder.likelihood.kernel": w.T,
        "decoder.likelihood.bias": b,
    }
    vae = make_vae(
        latent_dim=latent_dim,
        hidden_units=[],
        likelihood="gaussian",
        gaussian_scale=NOISE_SCALE,
    )
    weights = {name: array.astype("f4") for name, array in weights.items()}
    assign_weights(vae.variables, weights)
    covariance = w @ w.T + NOISE_SCALE**2 * np.eye(PIXELS)
    log_evidence = scipy.stats.multivariate_normal(b, covariance).logpdf
    return vae, log_evidence(IMAGE_BYTES / 255)


def uncompiled(function=None, **_):
    """Return the function unchanged, instead of `tf.function`, to save compilation."""
    return function or uncompiled
