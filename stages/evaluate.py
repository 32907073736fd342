"""Measure the trained model: its bounds, its latents, and what the figures show."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file

from vae.arrays import read_arrays, write_arrays
from vae.binarization import draw_binary_once
from vae.errors import PipelineError, run
from vae.evaluation import Encoding, encode, rates_and_distortions
from vae.evidence import has_quadrature, iwae_bounds, log_evidence, sample_counts
from vae.information import active_units, mutual_information
from vae.model import VAE
from vae.params import Params, read_params
from vae.probes import probe_hits
from vae.showcase import decoded_for_figures
from vae.summary import DECIMALS, by_digit, check_finite, mean_and_error

DATA = Path("data/mnist.npz")
WEIGHTS = Path("results/model.safetensors")
METRICS = Path("results/metrics.json")
DIGITS = Path("results/digits.csv")
LATENTS = Path("results/latents.npz")


def read_splits(
    params: Params,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Images as they are seen, and labels, by split."""
    data = read_arrays(DATA, made_by="preprocess")
    if params.preprocess.binarization == "dynamic":
        data["train_images"] = draw_binary_once(
            data["train_images"], seed=params.evaluate.seed, stream=0
        )
    splits = ("train", "test")
    images = {split: data[f"{split}_images"] for split in splits}
    return images, {split: data[f"{split}_labels"] for split in splits}


def load_model(params: Params, num_pixels: int) -> VAE:
    """The model that `train` left."""
    vae = VAE(num_pixels=num_pixels, **params.model.model_dump())
    try:
        vae.load_weights(load_file(WEIGHTS))
        return vae
    except FileNotFoundError:
        problem = "no such file"
    except (SafetensorError, ValueError) as error:
        problem = f"damaged ({error})"
    raise PipelineError(f"{WEIGHTS}: {problem}; make it with: dvc repro train")


def elbo_columns(
    vae: VAE, x: np.ndarray, params: Params, stream: int
) -> dict[str, np.ndarray]:
    """The ELBO and its terms [images] of `x` [images, pixels]."""
    rate, distortion = rates_and_distortions(
        vae,
        x,
        num_samples=params.evaluate.num_samples,
        seed=params.evaluate.seed,
        stream=stream,
    )
    return {"elbo": -(rate + distortion), "rate": rate, "distortion": distortion}


def bound_columns(
    vae: VAE, x: np.ndarray, params: Params
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Tighter bounds and, where it is known, log p(x) [images]; the bound's curve."""
    num_samples = params.evaluate.num_importance_samples
    bounds = iwae_bounds(vae, x, num_samples=num_samples, seed=params.evaluate.seed)
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
    rate: np.ndarray,
    seed: int,
) -> dict[str, np.ndarray]:
    """What the latents of the test images say [images]; classifiers fit on training."""
    information = mutual_information(test.loc, test.scale, seed=seed)
    return {
        "mutual_information": information,
        "marginal_kl": rate - information,
        **probe_hits(train.loc, train_label, test.loc, test_label),
    }


def is_pseudo_likelihood(params: Params) -> bool:
    """Whether binary cross-entropy of grey pixels passes for a likelihood."""
    grey = params.preprocess.binarization == "none"
    return grey and params.model.likelihood == "bernoulli"


def write_tables(
    columns: dict[str, dict[str, np.ndarray]],
    labels: dict[str, np.ndarray],
    scalars: dict[str, dict[str, float]],
) -> None:
    """Means over all images and over those of each digit, by split."""
    metrics, digits = {}, []
    for split, label in labels.items():
        images = pd.DataFrame(columns[split])
        check_finite(images, split)
        metrics[split] = mean_and_error(images) | scalars[split]
        digits.append(by_digit(images, label).assign(split=split))
        print(f"{split}: ELBO {metrics[split]['elbo']:.2f} nats per image")
    METRICS.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    pd.concat(digits).set_index("split").to_csv(
        DIGITS, float_format=f"%.{DECIMALS}f", lineterminator="\n"
    )


def main() -> None:
    params = read_params()
    seed = params.evaluate.seed
    images, labels = read_splits(params)
    x = {split: array.reshape(len(array), -1) for split, array in images.items()}
    vae = load_model(params, num_pixels=x["test"].shape[1])

    columns = {
        split: elbo_columns(vae, x[split], params, stream)
        for stream, split in enumerate(x)
    }
    encodings = {split: encode(vae, x[split]) for split in x}
    # All training images would take too long for the rest.
    bounds, curve = bound_columns(vae, x["test"], params)
    columns["test"] |= bounds
    columns["test"] |= latent_columns(
        encodings["train"],
        labels["train"],
        encodings["test"],
        labels["test"],
        columns["test"]["rate"],
        seed,
    )
    pseudo = is_pseudo_likelihood(params)
    if pseudo:
        print("pseudo-likelihood: Bernoulli on grey pixels, comparable with nothing")
    scalars = {
        split: {
            "active_units": active_units(encoding.loc),
            "pseudo_likelihood": pseudo,
        }
        for split, encoding in encodings.items()
    }
    write_tables(columns, labels, scalars)

    arrays = {"image_shape": images["test"].shape[1:], "label": labels["test"]}
    arrays |= encodings["test"]._asdict() | curve
    arrays |= decoded_for_figures(
        vae,
        x["test"],
        labels["test"],
        encodings["test"],
        bounds.get("log_evidence"),
        seed,
    )
    write_arrays(LATENTS, arrays)


if __name__ == "__main__":
    run(main)
