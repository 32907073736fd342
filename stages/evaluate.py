"""Measure the trained model: its bounds, what its latents say, and what figures show."""

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
from vae.showcase import (
    first_of_each_digit,
    manifold,
    posteriors,
    prior_samples,
    reconstructions,
    traversals,
)

DATA = Path("data/mnist.npz")
WEIGHTS = Path("results/model.safetensors")
METRICS = Path("results/metrics.json")
DIGITS = Path("results/digits.csv")
LATENTS = Path("results/latents.npz")
DECIMALS = 4


def read_splits(params: Params) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Binary or grey images, as they are seen, and labels, by split."""
    train_images, train_labels, test_images, test_labels = read_arrays(
        DATA,
        "train_images",
        "train_labels",
        "test_images",
        "test_labels",
        made_by="preprocess",
    )
    if params.preprocess.binarization == "dynamic":
        train_images = draw_binary_once(
            train_images, seed=params.evaluate.seed, stream=0
        )
    return {
        "train": (train_images, train_labels),
        "test": (test_images, test_labels),
    }


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


def elbo_by_image(
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


def tighter_bounds(
    vae: VAE, x: np.ndarray, params: Params
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Bounds [images] and, where z has few dimensions, log p(x); the bound's curve."""
    num_samples = params.evaluate.num_importance_samples
    bounds = iwae_bounds(vae, x, num_samples=num_samples, seed=params.evaluate.seed)
    columns = {"iwae_bound": bounds[:, -1]}
    curve = {
        "bound_samples": np.array(sample_counts(num_samples)),
        "bound": bounds.mean(axis=0),
    }
    if has_quadrature(vae.latent_dim):
        columns["log_evidence"], change = log_evidence(vae, x)
        curve["log_evidence"] = columns["log_evidence"].mean()
        if change > 0.001:
            print(f"log_evidence: a coarser or narrower grid changes it by {change:.4f}")
    return columns, curve


def mean_and_error(images: pd.DataFrame) -> dict[str, float]:
    """Means over the rows, and their standard errors under the name `..._se`."""
    result = {}
    for name, column in images.astype(float).items():
        result[name] = round(float(column.mean()), DECIMALS)
        result[f"{name}_se"] = round(float(column.sem()), DECIMALS)
    return result


def by_digit(images: pd.DataFrame, label: np.ndarray) -> pd.DataFrame:
    """The same for the images of each digit, a row a digit."""
    rows = [
        {"digit": digit, "images": len(members)} | mean_and_error(members)
        for digit, members in images.groupby(label)
    ]
    return pd.DataFrame(rows)


def main() -> None:
    params = read_params()
    splits = read_splits(params)
    images, label = splits["test"]
    x = {split: a.reshape(len(a), -1) for split, (a, _) in splits.items()}
    vae = load_model(params, num_pixels=x["test"].shape[1])

    # Columns of per-image values. What costs too much for all training images (tighter
    # bounds, all pairs of images) is measured on the test images alone.
    columns = {
        split: elbo_by_image(vae, x[split], params, stream)
        for stream, split in enumerate(splits)
    }
    encodings = {split: encode(vae, x[split]) for split in splits}
    encoding, test = encodings["test"], columns["test"]
    bounds, curve = tighter_bounds(vae, x["test"], params)
    test |= bounds
    information = mutual_information(
        encoding.loc, encoding.scale, seed=params.evaluate.seed
    )
    test["mutual_information"] = information
    test["marginal_kl"] = test["rate"] - information
    test |= probe_hits(encodings["train"].loc, splits["train"][1], encoding.loc, label)

    pseudo = is_pseudo_likelihood(params)
    metrics, digits = {}, []
    for split, (_, labels) in splits.items():
        table = pd.DataFrame(columns[split])
        metrics[split] = mean_and_error(table)
        metrics[split]["active_units"] = active_units(encodings[split].loc)
        metrics[split]["pseudo_likelihood"] = pseudo
        digits.append(by_digit(table, labels).assign(split=split))
        print(f"{split}: ELBO {metrics[split]['elbo']:.2f} nats per image")
    if pseudo:
        print("pseudo-likelihood: Bernoulli on grey pixels, comparable with nothing")

    METRICS.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    pd.concat(digits).set_index("split").to_csv(
        DIGITS, float_format=f"%.{DECIMALS}f", lineterminator="\n"
    )
    arrays = arrays_for_figures(
        vae, x["test"], label, encoding, test.get("log_evidence"), params
    )
    write_arrays(LATENTS, {"image_shape": images.shape[1:]} | curve | arrays)


def is_pseudo_likelihood(params: Params) -> bool:
    """Whether binary cross-entropy of grey pixels passes for a likelihood."""
    grey = params.preprocess.binarization == "none"
    return grey and params.model.likelihood == "bernoulli"


def arrays_for_figures(
    vae: VAE,
    x: np.ndarray,
    label: np.ndarray,
    encoding: Encoding,
    log_evidence: np.ndarray | None,
    params: Params,
) -> dict[str, np.ndarray]:
    """Encodings of the test images `x`, and what the model decodes for the figures."""
    arrays = {"label": label, **encoding._asdict()}
    arrays |= reconstructions(vae, x, label, encoding.loc)
    arrays |= prior_samples(vae, seed=params.evaluate.seed)
    if vae.latent_dim == 2:
        few = first_of_each_digit(label, 1)[::2]
        few_encodings = Encoding(encoding.loc[few], encoding.scale[few], encoding.rate)
        arrays |= manifold(vae)
        arrays |= posteriors(vae, x[few], few_encodings, log_evidence[few])
    if vae.latent_dim > 2:
        arrays |= traversals(vae, encoding.loc[0], encoding.rate)
    return arrays


if __name__ == "__main__":
    run(main)
