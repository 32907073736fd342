"""The trained model in NumPy, in 64 bits: read it, or use it, without TensorFlow.

    model = load_model()
    loc, scale = posterior(model, x)       # of q(z|x), for x [images, pixels] in [0, 1]
    images = mean(model, z)                # E[x|z]

The formulas are those of `stages/vae/model.py` and `likelihoods.py`, which have the
sources; the tests hold one against the other.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from safetensors.numpy import load_file
from scipy.special import erf, expit, logsumexp

MIN_SCALE = 1e-6
MIN_SHARE = 0.01  # of a Gaussian's distance from the origin, its least scale
LIMIT, WARP, CORE = 6.0, 3.0, 0.25  # of the grid
POINTS = 4000  # decoded at once

ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda h: np.maximum(h, 0),
    "elu": lambda h: np.where(h > 0, h, np.expm1(np.minimum(h, 0))),
    "gelu": lambda h: 0.5 * h * (1 + erf(h / math.sqrt(2))),
    "silu": lambda h: h * expit(h),
    "tanh": np.tanh,
}


class Model(NamedTuple):
    """What a trained model consists of.

    Attributes:
        weights: float64 arrays by name.
        activation: of the hidden layers.
        likelihood: the family of p(x|z).
        log_scale: of the Gaussian family, or 0.
        prior_loc, prior_scale: of the Gaussians of which p(z) is an equal mixture,
            [components, latent].
    """

    weights: dict[str, np.ndarray]
    activation: Callable[[np.ndarray], np.ndarray]
    likelihood: str
    log_scale: float
    prior_loc: np.ndarray
    prior_scale: np.ndarray

    @property
    def latent_dim(self) -> int:
        return self.prior_loc.shape[1]


def load_model(folder: Path = Path()) -> Model:
    """The model of a project, from `params.yaml` and `results/model.safetensors`."""
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    weights = load_file(folder / "results/model.safetensors")
    return make_model(weights, **params["model"])


def make_model(
    weights: dict[str, np.ndarray],
    *,
    prior: str,
    activation: str,
    likelihood: str,
    gaussian_scale: float | str,
    **_: object,
) -> Model:
    """A model of weights and of the parameters in the section `model`."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}
    log_scale = 0.0
    if likelihood == "gaussian":
        learned = gaussian_scale == "learned"
        log_scale = float(
            weights["likelihood.log_scale"] if learned else math.log(gaussian_scale)
        )
    latent_dim = len(weights["decoder.hidden_1.kernel"])
    standard = np.zeros((1, latent_dim)), np.ones((1, latent_dim))
    model = Model(weights, ACTIVATIONS[activation], likelihood, log_scale, *standard)
    if prior == "standard":
        return model
    loc, scale = posterior(model, weights["prior.pseudo_inputs"])
    scale = np.maximum(scale, MIN_SHARE * np.abs(loc))
    return model._replace(prior_loc=loc, prior_scale=scale)


def image_shape(model: Model) -> tuple[int, int]:
    """Height and width of an image: all datasets have square ones."""
    side = math.isqrt(len(model.weights["decoder.likelihood.bias"]))
    return side, side


def network(model: Model, name: str, h: np.ndarray, output: str) -> np.ndarray:
    """The encoder or the decoder, of rows [rows, inputs]."""
    layers = [n.split(".")[1] for n in model.weights if n.startswith(f"{name}.hidden")]
    for layer in [*sorted(set(layers), key=lambda n: int(n[7:])), output]:
        kernel = model.weights[f"{name}.{layer}.kernel"]
        h = h @ kernel + model.weights[f"{name}.{layer}.bias"]
        h = h if layer == output else model.activation(h)
    return h


def posterior(model: Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`loc` and `scale` [images, latent] of q(z|x), of `x` [images, pixels]."""
    loc, unbounded = np.split(network(model, "encoder", x, "posterior"), 2, axis=-1)
    return loc, np.logaddexp(0, unbounded) + MIN_SCALE


def log_prior(model: Model, z: np.ndarray) -> np.ndarray:
    """log p(z) in nats, [...], of `z` [..., latent]."""
    loc, scale = model.prior_loc, model.prior_scale
    squares = ((z[..., None, :] - loc) / scale) ** 2 + math.log(2 * math.pi)
    each = -(0.5 * squares + np.log(scale)).sum(axis=-1)  # [..., components]
    return logsumexp(each, axis=-1) - math.log(len(loc))


def draw_prior(model: Model, rng: np.random.Generator, count: int) -> np.ndarray:
    """z ~ p(z), [count, latent]."""
    chosen = rng.integers(len(model.prior_loc), size=count)
    noise = rng.standard_normal((count, model.latent_dim))
    return model.prior_loc[chosen] + model.prior_scale[chosen] * noise


def decode(model: Model, z: np.ndarray) -> np.ndarray:
    """What the likelihood takes, [..., pixels], of `z` [..., latent]."""
    rows = network(model, "decoder", z.reshape(-1, z.shape[-1]), "likelihood")
    return rows.reshape(*z.shape[:-1], -1)


def mean(model: Model, z: np.ndarray) -> np.ndarray:
    """E[x|z] [..., pixels], of `z` [..., latent]."""
    output = decode(model, z)
    match model.likelihood:
        case "bernoulli":
            return expit(output)
        case "continuous_bernoulli":
            small, size = np.abs(output) < 1e-3, np.maximum(np.abs(output), 1e-3)
            upper = -1 / np.expm1(-size) - 1 / size
            exact = np.where(output > 0, upper, 1 - upper)
            return np.where(small, 0.5 + output / 12, exact)
    return output


def log_normaliser(model: Model, output: np.ndarray) -> np.ndarray:
    """The part of -log p(x|z) that x has no share in, [...], of [..., pixels]."""
    match model.likelihood:
        case "bernoulli":
            values = np.logaddexp(0, output)
        case "continuous_bernoulli":
            size = np.maximum(np.abs(output), 1e-3)
            exact = np.maximum(output, 0) + np.log(-np.expm1(-size) / size)
            series = output / 2 + output**2 / 24
            values = np.where(np.abs(output) < 1e-3, series, exact)
        case "gaussian":
            values = 0.5 * (output * math.exp(-model.log_scale)) ** 2
    return values.sum(axis=-1)


def log_base(model: Model, x: np.ndarray) -> np.ndarray:
    """The part of log p(x|z) that z has no share in, [...], of [..., pixels]."""
    if model.likelihood != "gaussian":
        return np.zeros(x.shape[:-1])
    values = (x * math.exp(-model.log_scale)) ** 2 + math.log(2 * math.pi)
    return -(0.5 * values + model.log_scale).sum(axis=-1)


def log_likelihood(model: Model, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """log p(x|z) in nats of every `x` [images, pixels] for every `z` [rows, latent].

    All families are exponential ones, with output the decoder's and s the scale:

        log p(x|z) = x . output / s**2 - log_normaliser(output) + log_base(x)

    Returns: [rows, images].
    """
    output = decode(model, z)
    products = output @ x.T * math.exp(-2 * model.log_scale)
    return products - log_normaliser(model, output)[:, None] + log_base(model, x)


def terms(
    model: Model, x: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rate, distortion and log weights in nats, of each image and each z ~ q(z|x).

    Args:
        model: whose terms they are.
        x: observations in [0, 1], [images, pixels].
        noise: standard Gaussian, [samples, images, latent].

    Returns:
        KL(q(z|x) || p(z)) [images], under a learned prior the mean over the samples;
        -log p(x|z) and log p(x, z) - log q(z|x), both [samples, images].
    """
    loc, scale = posterior(model, x)
    z = loc + scale * noise
    log_posterior = -0.5 * (noise**2 + math.log(2 * math.pi)) - np.log(scale)
    log_ratio = log_prior(model, z) - log_posterior.sum(axis=-1)
    if len(model.prior_loc) == 1:
        rate = (0.5 * (loc**2 + scale**2 - 1) - np.log(scale)).sum(axis=-1)
    else:
        entropy = (np.log(scale) + 0.5 * math.log(2 * math.pi * math.e)).sum(axis=-1)
        rate = -entropy - log_prior(model, z).mean(axis=0)
    pairs = [log_likelihood(model, x[i : i + 1], z[:, i]) for i in range(len(x))]
    distortion = -np.concatenate(pairs, axis=1)
    return rate, distortion, log_ratio - distortion


def iwae_bound(log_weights: np.ndarray) -> np.ndarray:
    """log mean_k w_k [images], of log weights [samples, images]."""
    return logsumexp(log_weights, axis=0) - math.log(len(log_weights))


def log_evidence(model: Model, x: np.ndarray, num_points: int) -> np.ndarray:
    """log p(x) [images] by quadrature, for one or two latent dimensions.

    Args:
        model: whose evidence it is.
        x: observations [images, pixels], a few.
        num_points: of the grid along an axis.
    """
    t, step = np.linspace(-1, 1, num_points, retstep=True)
    axes, log_steps = [], []
    for loc, scale in zip(model.prior_loc.T, model.prior_scale.T, strict=True):
        centre = np.quantile(loc, 0.5, method="lower")
        distance = np.abs(loc - centre)
        core = np.quantile(distance + scale, CORE, method="lower")
        reach = np.max(distance + LIMIT * scale)
        warp = WARP + math.log(max(1, reach / (LIMIT * core)))
        factor = core * LIMIT / math.sinh(WARP)
        axes.append(centre + factor * np.sinh(warp * t))
        log_steps.append(np.log(factor * warp * step * np.cosh(warp * t)))
    z = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, model.latent_dim)
    log_mass = sum(np.meshgrid(*log_steps)).ravel() + log_prior(model, z)
    chunks = range(0, len(z), POINTS)
    sums = [
        logsumexp(
            log_likelihood(model, x, z[i : i + POINTS])
            + log_mass[i : i + POINTS, None],
            axis=0,
        )
        for i in chunks
    ]
    return logsumexp(sums, axis=0)
