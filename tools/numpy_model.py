"""The trained model in NumPy, in 64 bits, without TensorFlow.

    model = load_model()
    loc, scale = posterior(model, x)       # q(z|x) for x [images, pixels] in [0, 1]
    images = mean(model, z)                # E[x|z]

The formulas are those of `model.py`, `likelihoods.py` and `learned_priors.py` in
`stages/vae`, which cite their sources. Tests compare both models.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import erf, expit, logsumexp

import command  # noqa: F401  adds `vae` to the path
from vae.pipeline.trained import read_description, read_weights

MIN_SCALE = 1e-6
MIN_SHARE = 0.01  # smallest scale of a component, as a fraction of |loc|
STANDARD_SHARE = 1e-4  # of N(0, I) in a flow
LIMIT, WARP, CORE = 6.0, 3.0, 0.25  # shape of the grid
NUM_KERNELS = 2048  # draws that stand for a flow
CHUNK_SIZE = 4000  # grid points that are decoded at once

Function = Callable[[np.ndarray], np.ndarray]


class Family(NamedTuple):
    """An exponential family of pixels x with scale s and the decoder's output o.

    log p(x|z) = sum_i ((x_i o_i - normalizer(o_i)) / s^2 + base(x_i / s) - log s)
    """

    mean: Function  # E[x_i|z] as a function of o_i
    normalizer: Function
    base: Function


def log_standard_normal(x: np.ndarray) -> np.ndarray:
    return -0.5 * (x**2 + math.log(2 * math.pi))


def mean_of_exponential(output: np.ndarray) -> np.ndarray:
    """Return the mean of the density on [0, 1] that is proportional to exp(t o)."""
    small, size = np.abs(output) < 1e-3, np.maximum(np.abs(output), 1e-3)
    upper = -1 / np.expm1(-size) - 1 / size
    exact = np.where(output > 0, upper, 1 - upper)
    return np.where(small, 0.5 + output / 12, exact)


def log_integral(output: np.ndarray) -> np.ndarray:
    """Return log integral_0^1 exp(t o) dt."""
    size = np.maximum(np.abs(output), 1e-3)
    exact = np.maximum(output, 0) + np.log(-np.expm1(-size) / size)
    return np.where(np.abs(output) < 1e-3, output / 2 + output**2 / 24, exact)


ACTIVATIONS: dict[str, Function] = {
    "relu": lambda h: np.maximum(h, 0),
    "elu": lambda h: np.where(h > 0, h, np.expm1(np.minimum(h, 0))),
    "gelu": lambda h: 0.5 * h * (1 + erf(h / math.sqrt(2))),
    "silu": lambda h: h * expit(h),
    "tanh": np.tanh,
}
GELU = ACTIVATIONS["gelu"]  # of the networks of a flow
LIKELIHOODS = {
    "bernoulli": Family(expit, lambda o: np.logaddexp(0, o), np.zeros_like),
    "continuous_bernoulli": Family(mean_of_exponential, log_integral, np.zeros_like),
    "gaussian": Family(lambda o: o, lambda o: o**2 / 2, log_standard_normal),
}


class Model(NamedTuple):
    """A trained model.

    p(z) is a mixture of equally weighted Gaussians. If it is a flow, the mixture is at
    draws of it, which only the grid of the quadrature uses.
    """

    weights: dict[str, np.ndarray]  # float64
    activation: Function
    likelihood: Family
    log_scale: float  # log of the scale of a Gaussian likelihood; 0 for others
    prior_loc: np.ndarray  # [components, latent]
    prior_scale: np.ndarray
    num_couplings: int = 0  # of a flow

    @property
    def latent_dim(self) -> int:
        return self.prior_loc.shape[1]


def load_model(folder: Path = Path()) -> Model:
    """Load the trained model from `results/` in a project's folder."""
    return make_model(read_weights(folder), **read_description(folder).model)


def make_model(
    weights: dict[str, np.ndarray],
    *,
    prior: str,
    activation: str,
    likelihood: str,
    gaussian_scale: float | str,
    flow_layers: int,
    **_: object,
) -> Model:
    """Make a model from weights and the parameters in the section `model`."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}
    log_scale = 0.0
    if likelihood == "gaussian" and gaussian_scale == "learned":
        log_scale = float(weights["likelihood.log_scale"])
    elif likelihood == "gaussian":
        log_scale = math.log(float(gaussian_scale))
    zeros = np.zeros((1, len(weights["decoder.hidden_1.kernel"])))
    functions = ACTIVATIONS[activation], LIKELIHOODS[likelihood]
    model = Model(weights, *functions, log_scale, zeros, zeros + 1)
    if prior == "standard":
        return model
    if prior == "flow":
        model = model._replace(num_couplings=flow_layers)
        draws = sample_prior(model, np.random.default_rng(0), NUM_KERNELS)
        width = draws.std(axis=0) * NUM_KERNELS ** (-1 / 6)
        return model._replace(prior_loc=draws, prior_scale=width + 0 * draws)
    loc, scale = posterior(model, weights["prior.pseudo_inputs"])
    scale = np.maximum(scale, MIN_SHARE * np.abs(loc))
    return model._replace(prior_loc=loc, prior_scale=scale)


def network(model: Model, name: str, h: np.ndarray, output: str) -> np.ndarray:
    """Apply the encoder or the decoder to `h` [rows, inputs]."""
    depth = sum(key.startswith(f"{name}.hidden") for key in model.weights) // 2
    activation = model.activation if name in ("encoder", "decoder") else GELU
    for layer in [*(f"hidden_{i + 1}" for i in range(depth)), output]:
        kernel = model.weights[f"{name}.{layer}.kernel"]
        h = h @ kernel + model.weights[f"{name}.{layer}.bias"]
        h = h if layer == output else activation(h)
    return h


def coupling(
    model: Model, i: int, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return shift and log scale of coupling `i` of a flow, and which half it moves."""
    first = np.arange(model.latent_dim) < model.latent_dim // 2
    kept = first if i % 2 == 0 else ~first
    output = network(model, f"prior.coupling_{i + 1}", z[..., kept], "output")
    shift, unbounded = np.split(output, 2, axis=-1)
    return shift, 2 * np.tanh(unbounded / 2), ~kept


def posterior(model: Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return loc and scale [images, latent] of q(z|x) for `x` [images, pixels]."""
    loc, unbounded = np.split(network(model, "encoder", x, "posterior"), 2, axis=-1)
    return loc, np.logaddexp(0, unbounded) + MIN_SCALE


def log_prior(model: Model, z: np.ndarray) -> np.ndarray:
    """Return log p(z) [...] in nats for `z` [..., latent]."""
    if model.num_couplings:
        log_rest = log_standard_normal(z).sum(axis=-1) + math.log(STANDARD_SHARE)
        z, log_det = z.copy(), 0.0
        for i in range(model.num_couplings):
            shift, log_scale, moved = coupling(model, i, z)
            z[..., moved] = z[..., moved] * np.exp(log_scale) + shift
            log_det = log_det + log_scale.sum(axis=-1)
        log_flow = log_standard_normal(z).sum(axis=-1) + log_det
        log_flow += math.log1p(-STANDARD_SHARE)
        return np.asarray(np.logaddexp(log_flow, log_rest))
    loc, scale = model.prior_loc, model.prior_scale
    each = log_standard_normal((z[..., None, :] - loc) / scale) - np.log(scale)
    return logsumexp(each.sum(axis=-1), axis=-1) - math.log(len(loc))


def sample_prior(model: Model, rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw z ~ p(z) [count, latent]; for a flow, without N(0, I)."""
    if model.num_couplings:
        z = rng.standard_normal((count, model.latent_dim))
        for i in reversed(range(model.num_couplings)):
            shift, log_scale, moved = coupling(model, i, z)
            z[..., moved] = (z[..., moved] - shift) * np.exp(-log_scale)
        return z
    chosen = rng.integers(len(model.prior_loc), size=count)
    noise = rng.standard_normal((count, model.latent_dim))
    return model.prior_loc[chosen] + model.prior_scale[chosen] * noise


def decode(model: Model, z: np.ndarray) -> np.ndarray:
    """Return the decoder's output [..., pixels] for `z` [..., latent]."""
    rows = network(model, "decoder", z.reshape(-1, z.shape[-1]), "likelihood")
    return rows.reshape(*z.shape[:-1], -1)


def mean(model: Model, z: np.ndarray) -> np.ndarray:
    """Return E[x|z] [..., pixels] for `z` [..., latent]."""
    return model.likelihood.mean(decode(model, z))


def log_likelihood(model: Model, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return log p(x|z) [rows, images] for `x` [images, pixels], `z` [rows, latent]."""
    output, scale = decode(model, z), math.exp(model.log_scale)
    normalizer = model.likelihood.normalizer(output).sum(axis=-1)
    base = (model.likelihood.base(x / scale) - model.log_scale).sum(axis=-1)
    return (output @ x.T - normalizer[:, None]) / scale**2 + base


def terms(
    model: Model, x: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute rate, distortion and log weights in nats for z ~ q(z|x).

    Takes `x` [images, pixels] and standard Gaussian noise [samples, images, latent].

    Returns:
        KL(q(z|x) || p(z)) [images], which is a sample mean if the prior is learned;
        -log p(x|z) and log p(x, z) - log q(z|x), both [samples, images].
    """
    loc, scale = posterior(model, x)
    z = loc + scale * noise
    log_p = log_prior(model, z)
    log_posterior = (log_standard_normal(noise) - np.log(scale)).sum(axis=-1)
    if not model.prior_loc.any() and np.all(model.prior_scale == 1):  # N(0, I)
        rate = (0.5 * (loc**2 + scale**2 - 1) - np.log(scale)).sum(axis=-1)
    else:
        entropy = (np.log(scale) + 0.5 * math.log(2 * math.pi * math.e)).sum(axis=-1)
        rate = -entropy - log_p.mean(axis=0)
    pairs = [log_likelihood(model, x[i : i + 1], z[:, i]) for i in range(len(x))]
    distortion = -np.concatenate(pairs, axis=1)
    return rate, distortion, log_p - log_posterior - distortion


def iwae_bound(log_weights: np.ndarray) -> np.ndarray:
    """Return log mean_k w_k [images] for log weights [samples, images]."""
    return np.asarray(logsumexp(log_weights, axis=0)) - math.log(len(log_weights))


def log_evidence(model: Model, x: np.ndarray, num_points: int) -> np.ndarray:
    """Return log p(x) [images] by quadrature in one or two latent dimensions."""
    components = zip(model.prior_loc.T, model.prior_scale.T, strict=True)
    axes, log_steps = zip(*(grid_axis(*c, num_points) for c in components), strict=True)
    z = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, model.latent_dim)
    log_area = np.sum(np.meshgrid(*log_steps), axis=0).ravel()
    sums = []
    for i in range(0, len(z), CHUNK_SIZE):
        chunk = slice(i, i + CHUNK_SIZE)
        log_mass = log_area[chunk] + log_prior(model, z[chunk])
        log_joint = log_likelihood(model, x, z[chunk]) + log_mass[:, None]
        sums.append(logsumexp(log_joint, axis=0))
    return np.asarray(logsumexp(sums, axis=0))


def grid_axis(
    loc: np.ndarray, scale: np.ndarray, num_points: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return points along an axis and the logarithms of their spacings.

    The grid is that of `prior_grid` in `stages/vae/evaluation/quadrature.py`.
    """
    t, step = np.linspace(-1, 1, num_points, retstep=True)
    center = np.quantile(loc, 0.5, method="lower")
    distance = np.abs(loc - center)
    core = np.quantile(distance + scale, CORE, method="lower")
    reach = np.max(distance + LIMIT * scale)
    warp = WARP + math.log(max(1, reach / (LIMIT * core)))
    factor = core * LIMIT / math.sinh(WARP)
    log_steps = np.log(factor * warp * step * np.cosh(warp * t))
    return center + factor * np.sinh(warp * t), log_steps
