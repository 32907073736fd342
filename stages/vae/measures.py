"""What is measured of a trained model: columns of per-image values, and a few more."""

from typing import NamedTuple

import numpy as np

from vae.evaluation import Encoding, rates_and_distortions
from vae.evidence import has_quadrature, log_evidence
from vae.importance import importance_bounds
from vae.information import active_units, mutual_information
from vae.model import VAE
from vae.probes import probe_hits
from vae.summary import DECIMALS


class Measures(NamedTuple):
    """All that is measured.

    Attributes:
        columns: by split and name, a value for each image [images].
        scalars: by split and name, one value.
        curve: the mean bound against the number of samples, for a figure.
    """

    columns: dict[str, dict[str, np.ndarray]]
    scalars: dict[str, dict[str, float]]
    curve: dict[str, np.ndarray]


def measure(
    vae: VAE,
    images: dict[str, np.ndarray],
    labels: dict[str, np.ndarray],
    encodings: dict[str, Encoding],
    *,
    num_samples: int,
    proposal: str,
    num_importance_samples: int,
    seed: int,
) -> Measures:
    """The ELBO on both splits; on the test images all that takes longer.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels] of `train` and `test`.
        labels: digits [images] of both.
        encodings: of both.
        num_samples: latent samples an image, of the ELBO.
        proposal, num_importance_samples: of the importance-weighted bound.
        seed: of all draws.
    """
    columns = {
        split: elbo_columns(vae, x, num_samples=num_samples, seed=seed, stream=stream)
        for stream, (split, x) in enumerate(images.items())
    }
    scalars = {
        split: {"active_units": active_units(encoding.loc)}
        for split, encoding in encodings.items()
    }
    bounds, curve, grid = bound_columns(
        vae,
        images["test"],
        proposal=proposal,
        num_samples=num_importance_samples,
        seed=seed,
    )
    columns["test"] |= bounds | latent_columns(
        encodings["train"],
        labels["train"],
        encodings["test"],
        labels["test"],
        rate=columns["test"]["rate"],
        seed=seed,
    )
    scalars["test"] |= grid
    return Measures(columns, scalars, curve)


def elbo_columns(
    vae: VAE, images: np.ndarray, *, num_samples: int, seed: int, stream: int
) -> dict[str, np.ndarray]:
    """The ELBO and its terms [images] in nats, of uint8 [images, pixels]."""
    rate, distortion = rates_and_distortions(
        vae, images, num_samples=num_samples, seed=seed, stream=stream
    )
    return {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}


def bound_columns(
    vae: VAE, images: np.ndarray, *, proposal: str, num_samples: int, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, float]]:
    """A tighter bound on log p(x), and itself where z has few dimensions, in nats.

    Returns:
        columns [images]; the mean bound against the number of samples from q(z|x), and
        with all samples of the proposal, for a figure; and how much of log p(x)
        depends on the grid.
    """
    bounds = importance_bounds(
        vae, images, proposal=proposal, num_samples=num_samples, seed=seed
    )
    columns = {"iwae_bound": bounds.bound}
    curve = {
        "bound_samples": bounds.counts,
        "bound": bounds.from_posterior.mean(axis=0),
        "all_samples": np.array(num_samples),
        "all_bound": bounds.bound.mean(),
        "evidence": np.nan,  # unknown
    }
    if not has_quadrature(vae.latent_dim):
        return columns, curve, {}
    columns["log_evidence"], change = log_evidence(vae, images)
    curve["evidence"] = columns["log_evidence"].mean()
    if change > 0.001:
        print(f"log_evidence: a coarser or narrower grid changes it by {change:.4f}")
    return columns, curve, {"log_evidence_grid_change": round(change, DECIMALS)}


def latent_columns(
    train: Encoding,
    train_label: np.ndarray,
    test: Encoding,
    test_label: np.ndarray,
    *,
    rate: np.ndarray,
    seed: int,
) -> dict[str, np.ndarray]:
    """What the latents of the test images say, in nats and as right or wrong digits.

    Args:
        train, train_label: encodings and digits to which classifiers are fitted.
        test, test_label: those that are measured.
        rate: of the test images [images].
        seed: of the draws.
    """
    information = mutual_information(test.loc, test.scale, seed=seed)
    return {
        "mutual_information": information,
        "marginal_kl": rate - information,
        **probe_hits(train.loc, train_label, test.loc, test_label),
    }
