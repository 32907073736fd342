"""Latents beside the true factors of the images: metrics, and arrays of the figures."""

from collections.abc import Mapping

import numpy as np

from vae.evaluation.disentanglement import (
    dci,
    factor_entropies,
    factor_information,
    factor_vae_score,
    mutual_information_gap,
)
from vae.evaluation.elbo import encode
from vae.evaluation.summary import DECIMALS
from vae.model import VAE
from vae.numerics.streams import SPLITS
from vae.pipeline.schema import Evaluate


def measure_factors(
    vae: VAE, data: Mapping[str, np.ndarray], settings: Evaluate
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Measure the disentanglement of the latents: metrics, and arrays of the figures.

    Both are empty without true factors. Training, validation and test images count
    equally, so that together they are the whole grid of factors. Factors with a single
    value are left out.

    `data` has the arrays of `preprocess`, with the factors [images, factors] of each
    split and their names, if known.
    """
    if "factor_names" not in data:
        return {}, {}
    images, factors = (
        [data[f"{split}_{name}"][: settings.max_images] for split in SPLITS]
        for name in ("images", "factors")
    )
    num_training, num_test = len(images[0]), len(images[-1])
    images, factors = np.concatenate(images), np.concatenate(factors)
    varies = factors.max(axis=0) > factors.min(axis=0)
    if not varies.any():
        return {}, {}
    factors, seed = factors[:, varies], settings.seed
    loc, scale, _ = encode(vae, images.reshape(len(images), -1))
    information = factor_information(loc, scale, factors, seed=seed)
    gap = mutual_information_gap(information, factor_entropies(factors))
    train = loc[:num_training], factors[:num_training]
    test = loc[-num_test:], factors[-num_test:]
    metrics = {
        "mutual_information_gap": gap,
        "factor_vae_score": factor_vae_score(loc, factors, seed=seed),
        **dci(train, test, seed=seed),
    }
    arrays = {
        "factor_names": data["factor_names"][varies],
        "factor_information": information,
        **means_by_factor(loc, factors),
    }
    return {name: round(value, DECIMALS) for name, value in metrics.items()}, arrays


def means_by_factor(loc: np.ndarray, factors: np.ndarray) -> dict[str, np.ndarray]:
    """Compute mean and standard deviation of posterior means by the value of a factor.

    Both are float32 [factors, values, latent], with NaN for values that do not occur.
    """
    shape = factors.shape[1], factors.max() + 1, loc.shape[1]
    mean, deviation = np.full(shape, np.nan, "f4"), np.full(shape, np.nan, "f4")
    for factor, column in enumerate(factors.T):
        for value in np.unique(column):
            part = loc[column == value].astype(np.float64)
            mean[factor, value] = part.mean(axis=0)
            deviation[factor, value] = part.std(axis=0)
    return {"factor_mean": mean, "factor_deviation": deviation}
