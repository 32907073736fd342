"""A VAE whose evidence is known."""

import numpy as np
import scipy.stats

from vae.model import VAE
from vae.pipeline.trained import assign_weights

IMAGES, PIXELS, NOISE_SCALE = 7, 6, 0.3
IMAGE_BYTES = np.random.default_rng(0).integers(256, size=(IMAGES, PIXELS), dtype="u1")
X = IMAGE_BYTES / 255


def linear_gaussian(latent_dim, posterior_factor=1.0, posterior_shift=0.0):
    """A VAE without hidden layers whose q(z|x) is the true posterior, or misses it.

    x = W z + b + noise, with orthogonal columns of W so that the posterior's
    dimensions are independent. Returns the model and log p(x) of each image.

    Args:
        latent_dim: at most the number of pixels.
        posterior_factor: by which q(z|x) is wider.
        posterior_shift: by how many of the posterior's scales q(z|x) is elsewhere.
    """
    rng = np.random.default_rng(latent_dim)
    directions, _ = np.linalg.qr(rng.normal(size=(PIXELS, latent_dim)))
    w = directions * np.linspace(0.5, 1.0, latent_dim)
    b = np.full(PIXELS, 0.5)
    variance = 1 / (1 + (w**2).sum(axis=0) / NOISE_SCALE**2)  # [latent]
    to_loc = w * variance / NOISE_SCALE**2  # [pixels, latent]
    scale = posterior_factor * np.sqrt(variance)

    vae = VAE(
        num_pixels=PIXELS,
        latent_dim=latent_dim,
        prior="standard",
        pseudo_inputs=1,
        hidden_units=[],
        activation="relu",
        likelihood="gaussian",
        gaussian_scale=NOISE_SCALE,
    )
    kernel = np.concatenate([to_loc, np.zeros_like(to_loc)], axis=1)
    shift = posterior_shift * np.sqrt(variance)
    bias = np.concatenate([shift - b @ to_loc, np.log(np.expm1(scale - 1e-6))])
    weights = {
        "encoder.posterior.kernel": kernel,
        "encoder.posterior.bias": bias,
        "decoder.likelihood.kernel": w.T,
        "decoder.likelihood.bias": b,
    }
    assign_weights(
        vae.variables, {name: np.float32(array) for name, array in weights.items()}
    )
    covariance = w @ w.T + NOISE_SCALE**2 * np.eye(PIXELS)
    return vae, scipy.stats.multivariate_normal(b, covariance).logpdf(X)
