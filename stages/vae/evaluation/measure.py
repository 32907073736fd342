"""What is measured of a trained model: columns of per-image values, and a few more."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vae.evaluation.annealing import lower_bounds, simulated_bounds
from vae.evaluation.gaps import gaps
from vae.evaluation.importance import Bounds, importance_bounds
from vae.evaluation.inference import Encoding, rates_and_distortions
from vae.evaluation.latents import active_units, mutual_information, probe_hits
from vae.evaluation.quadrature import log_evidence
from vae.evaluation.summary import DECIMALS
from vae.model import VAE


class Measures(NamedTuple):
    """All that is measured.

    Attributes:
        columns: by split and name, a value for each image [images]; `enclosure` are
            bounds from both sides on some images, see `enclosure_columns`, and `gaps`
            says of some what lies between the ELBO and log p(x).
        scalars: by split and name, one value.
        curve: arrays of the figure of the bound against its number of samples.
    """

    columns: dict[str, dict[str, np.ndarray]]
    scalars: dict[str, dict[str, float]]
    curve: dict[str, np.ndarray]


def measure(
    vae: VAE,
    images: np.ndarray,
    labels: Mapping[str, np.ndarray],
    encodings: Mapping[str, Encoding],
    elbos: Mapping[str, Mapping[str, np.ndarray]],
    *,
    proposal: str,
    num_importance_samples: int,
    grid_points: Sequence[int],
    annealed_images: int,
    optimised_images: int,
    seed: int,
) -> Measures:
    """All that is measured: the ELBO of both splits as given, the rest of the test set.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels] of `test`.
        labels: classes [images] of `train` and `test`.
        encodings: of both.
        elbos: of both, the columns that `elbo_columns` gives, [images] in nats.
        proposal: of the importance-weighted bound.
        num_importance_samples: latent samples an image, of that bound.
        grid_points: of the quadrature along an axis, for 1-D and for 2-D z; 0: none.
        annealed_images: on how many log p(x) is enclosed by annealing; 0: none.
        optimised_images: on how many the best q is found; 0: none.
        seed: of all draws.
    """
    columns = {split: dict(elbo) for split, elbo in elbos.items()}
    scalars = {
        split: {"active_units": active_units(encoding.loc)}
        for split, encoding in encodings.items()
    }
    bounds = importance_bounds(
        vae,
        images,
        proposal=proposal,
        num_samples=num_importance_samples,
        seed=seed,
    )
    columns["test"] |= {"iwae_bound": bounds.iwae_bound}
    num_points = grid_points[vae.latent_dim - 1] if vae.latent_dim <= 2 else 0
    if num_points:
        evidence, change = log_evidence(vae, images, num_points=num_points)
        columns["test"] |= {"log_evidence": evidence}
        scalars["test"] |= {"log_evidence_grid_change": round(change, DECIMALS)}
    if num_points and optimised_images:
        some = spread(len(images), optimised_images)
        columns["gaps"] = gaps(vae, images[some], evidence[some], seed=seed)
    if annealed_images:
        some = spread(len(images), annealed_images)
        columns["enclosure"] = enclosure_columns(
            vae, images[some], bounds.iwae_bound[some], seed=seed
        )
        gain = columns["enclosure"]["test_gain"].mean()
        whole = float(bounds.iwae_bound.mean() + gain)
        scalars["test"] |= {"annealed_bound": round(whole, DECIMALS)}
    columns["test"] |= latent_columns(
        encodings, labels, rate=columns["test"]["rate"], seed=seed
    )
    return Measures(columns, scalars, bound_curve(bounds, columns["test"]))


def spread(num_images: int, count: int) -> np.ndarray:
    """Places of so many of the images, evenly spaced.

    The first half of MNIST's test images comes from other writers than the second, and
    is easier.
    """
    count = min(count, num_images)
    return np.arange(count) * num_images // count


def elbo_columns(
    vae: VAE, images: np.ndarray, *, num_samples: int, seed: int, split: str
) -> dict[str, np.ndarray]:
    """The ELBO and its terms [images] in nats, of uint8 [images, pixels]."""
    rate, distortion = rates_and_distortions(
        vae, images, num_samples=num_samples, seed=seed, split=split
    )
    return {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}


def enclosure_columns(
    vae: VAE, images: np.ndarray, iwae_bound: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Bounds on log p(x) by annealing, in nats.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels], test images.
        iwae_bound: their importance-weighted bounds [images].
        seed: of the draws.

    Returns:
        float64 [images]: `test_lower` of these images, and `test_gain`, by how much it
        exceeds the importance-weighted bound; of as many images drawn from the model
        `simulated_lower`, `simulated_upper` and `gap`, the distance of the two.
    """
    lower, upper = simulated_bounds(vae, len(images), seed=seed)
    test_lower = lower_bounds(vae, images, seed=seed)
    return {
        "test_lower": test_lower,
        "test_gain": test_lower - iwae_bound,
        "simulated_lower": lower,
        "simulated_upper": upper,
        "gap": upper - lower,
    }


def latent_columns(
    encodings: Mapping[str, Encoding],
    labels: Mapping[str, np.ndarray],
    *,
    rate: np.ndarray,
    seed: int,
) -> dict[str, np.ndarray]:
    """What the latents of the test images say, in nats and as right or wrong classes.

    Args:
        encodings: of `train`, to which classifiers are fitted, and `test`.
        labels: classes [images] of both.
        rate: of the test images [images].
        seed: of the draws.
    """
    train, test = encodings["train"], encodings["test"]
    information = mutual_information(test.loc, test.scale, seed=seed)
    return {
        "mutual_information": information,
        "marginal_kl": rate - information,
        **probe_hits(train.loc, labels["train"], test.loc, labels["test"]),
    }


def bound_curve(
    bounds: Bounds, columns: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Means over the images, for the figure of the bound; NaN where one is unknown."""
    return {
        "curve_num_samples": bounds.curve_num_samples,
        "curve_iwae_bound": bounds.curve_iwae_bound.mean(axis=0),
        "num_importance_samples": np.array(bounds.num_samples),
        "iwae_bound": bounds.iwae_bound.mean(),
        "log_evidence": np.mean(columns.get("log_evidence", np.nan)),
    }
