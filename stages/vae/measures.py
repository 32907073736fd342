"""What is measured of each image, as columns of one table."""

import numpy as np

from vae.evaluation import Encoding, rates_and_distortions
from vae.evidence import has_quadrature, iwae_bounds, log_evidence, sample_counts
from vae.information import mutual_information
from vae.model import VAE
from vae.probes import probe_hits


def elbo_columns(
    vae: VAE, x: np.ndarray, *, num_samples: int, seed: int, stream: int
) -> dict[str, np.ndarray]:
    """The ELBO and its terms [images] in nats, of `x` uint8 [images, pixels]."""
    rate, distortion = rates_and_distortions(
        vae, x, num_samples=num_samples, seed=seed, stream=stream
    )
    return {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}


def bound_columns(
    vae: VAE, x: np.ndarray, *, num_samples: int, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Tighter bounds on log p(x), and itself where z has few dimensions, in nats.

    Returns:
        columns [images], and the mean bound against the number of samples.
    """
    bounds = iwae_bounds(vae, x, num_samples=num_samples, seed=seed)
    columns = {"iwae_bound": bounds[:, -1]}
    curve = {
        "bound_samples": np.array(sample_counts(num_samples)),
        "bound": bounds.mean(axis=0),
        "evidence": np.nan,  # unknown
    }
    if has_quadrature(vae.latent_dim):
        columns["log_evidence"], change = log_evidence(vae, x)
        curve["evidence"] = columns["log_evidence"].mean()
        if change > 0.001:
            print(
                f"log_evidence: a coarser or narrower grid changes it by {change:.4f}"
            )
    return columns, curve


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
