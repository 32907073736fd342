"""All measurements of a trained model: values per image, and a few scalars."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vae.evaluation.annealing import lower_bounds, upper_bounds
from vae.evaluation.elbo import Encoding, encode, rates_and_distortions
from vae.evaluation.gaps import gaps
from vae.evaluation.importance import Bounds, importance_bounds
from vae.evaluation.latents import active_units, mutual_information, probe_hits
from vae.evaluation.quadrature import log_evidence
from vae.evaluation.simulation import simulate
from vae.evaluation.summary import DECIMALS, check_finite, may_exceed
from vae.model import VAE
from vae.pipeline.schema import Evaluate

CURVE_IMAGES = 1000  # images for the curve of q(z|x) with all importance samples
Columns = dict[str, np.ndarray]


class Split(NamedTuple):
    """Images of a split with their encodings and ELBO."""

    images: np.ndarray  # uint8 [images, pixels]
    label: np.ndarray  # [images]
    encoding: Encoding
    columns: Columns  # `elbo`, `rate` and `distortion`, float64 [images] in nats


class Measures(NamedTuple):
    """Values by section (`train`, `test`, `enclosure`, `gaps`) and name."""

    columns: dict[str, Columns]  # per image
    scalars: dict[str, dict[str, float]]
    curve: Columns  # the bound against its number of samples


def encode_split(
    vae: VAE, images: np.ndarray, label: np.ndarray, name: str, settings: Evaluate
) -> Split:
    """Encode images [images, height, width] of the split `train` or `test`."""
    images = images.reshape(len(images), -1)
    encoding = encode(vae, images)
    rate, distortion = rates_and_distortions(
        vae, images, num_samples=settings.num_samples, seed=settings.seed, split=name
    )
    columns = {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}
    check_finite(pd.DataFrame(columns), name)
    return Split(images, label, encoding, columns)


def measure(vae: VAE, train: Split, test: Split, settings: Evaluate) -> Measures:
    """Measure the test images, and ELBO and active units of the training images."""
    seed = settings.seed
    columns = {"train": dict(train.columns), "test": dict(test.columns)}
    scalars: dict[str, dict[str, float]] = {
        "train": {"active_units": active_units(train.encoding.loc)},
        "test": {"active_units": active_units(test.encoding.loc)},
    }
    draws = {"num_samples": settings.num_importance_samples, "seed": seed}
    bounds = posterior = importance_bounds(
        vae, test.images, proposal=settings.proposal, **draws
    )
    if settings.proposal != "posterior":
        images = test.images[evenly_spaced(len(test.images), CURVE_IMAGES)]
        posterior = importance_bounds(vae, images, proposal="posterior", **draws)
    columns["test"] |= {"iwae_bound": bounds.iwae_bound}
    if num_points := settings.num_grid_points(vae.latent_dim):
        evidence, change = log_evidence(vae, test.images, num_points=num_points)
        columns["test"] |= {"log_evidence": evidence}
        scalars["test"] |= {"log_evidence_grid_change": round(change, DECIMALS)}
    if settings.optimized_images:
        chosen = evenly_spaced(len(test.images), settings.optimized_images)
        images = test.images[chosen]
        if num_points:
            evidence = columns["test"]["log_evidence"][chosen]
        else:
            evidence = lower_bounds(vae, images, seed=seed)
        columns["gaps"] = gaps(vae, images, evidence, seed=seed)
    if settings.annealed_images:
        chosen = evenly_spaced(len(test.images), settings.annealed_images)
        columns["enclosure"] = enclosure_columns(
            vae, test.images[chosen], bounds.iwae_bound[chosen], seed=seed
        )
        bound = bounds.iwae_bound.mean() + columns["enclosure"]["test_gain"].mean()
        scalars["test"] |= {"annealed_bound": round(float(bound), DECIMALS)}
    columns["test"] |= latent_columns(train, test, seed=seed)
    curve = bound_curve(bounds, posterior, columns["test"])
    return Measures(columns, scalars, curve)


def evenly_spaced(num_images: int, count: int) -> np.ndarray:
    """Return indices of evenly spaced images: MNIST's first test images are easier."""
    count = min(count, num_images)
    return np.arange(count) * num_images // count


def enclosure_columns(
    vae: VAE, images: np.ndarray, iwae_bound: np.ndarray, *, seed: int
) -> Columns:
    """Compute bounds on log p(x) by annealing, float64 [images] in nats.

    `test_lower` is the bound of the test images, and `test_gain` its excess over the
    importance-weighted bound. The others are for the same number of simulated images.
    """
    z, simulated = simulate(vae, len(images), seed=seed)
    lower = lower_bounds(vae, simulated, seed=seed)
    upper = upper_bounds(vae, simulated, z, seed=seed)
    test_lower = lower_bounds(vae, images, seed=seed)
    return {
        "test_lower": test_lower,
        "test_gain": test_lower - iwae_bound,
        "simulated_lower": lower,
        "simulated_upper": upper,
        "gap": upper - lower,
    }


def latent_columns(train: Split, test: Split, *, seed: int) -> Columns:
    """Measure the information of latents about test images and their classes."""
    loc, scale, _ = test.encoding
    information = mutual_information(loc, scale, seed=seed)
    return {
        "mutual_information": information,
        "marginal_kl": test.columns["rate"] - information,
        **probe_hits(train.encoding.loc, train.label, loc, test.label),
    }


def bound_curve(
    bounds: Bounds, posterior: Bounds, columns: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Average the bounds over the images, for the figures.

    `bounds` has the curve of q(z|x) for all images, up to the number of exploratory
    samples. Beyond that, the gain is the one on the images of `posterior`. log p(x) is
    NaN if it is unknown, or below a bound on it and so wrong.
    """
    curve = posterior.curve_iwae_bound.mean(axis=0)
    counts, known = posterior.curve_num_samples, bounds.curve_num_samples
    _, known_at, at = np.intersect1d(known, counts, return_indices=True)
    whole = bounds.curve_iwae_bound.mean(axis=0)
    curve += whole[known_at[-1]] - curve[at[-1]]
    curve[at] = whole[known_at]
    bound = float(bounds.iwae_bound.mean())
    evidence = float(np.mean(columns.get("log_evidence", np.nan)))
    return {
        "curve_num_samples": counts,
        "curve_iwae_bound": curve,
        "num_importance_samples": counts[-1],
        "iwae_bound": bound,
        "log_evidence": evidence if may_exceed(evidence, bound) else np.nan,
    }
