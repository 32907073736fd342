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
from vae.evaluation import encode
from vae.files import write_whole
from vae.information import active_units
from vae.measures import bound_columns, elbo_columns, latent_columns
from vae.model import VAE
from vae.params import Params, read_params
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
    write_whole(METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
    table = pd.concat(digits).set_index("split")
    csv = table.to_csv(float_format=f"%.{DECIMALS}f", lineterminator="\n")
    write_whole(DIGITS, csv.encode())


def main() -> None:
    params = read_params()
    seed = params.evaluate.seed
    images, labels = read_splits(params)
    x = {split: array.reshape(len(array), -1) for split, array in images.items()}
    vae = load_model(params, num_pixels=x["test"].shape[1])

    columns = {
        split: elbo_columns(
            vae,
            x[split],
            num_samples=params.evaluate.num_samples,
            seed=seed,
            stream=stream,
        )
        for stream, split in enumerate(x)
    }
    encodings = {split: encode(vae, x[split]) for split in x}
    # The rest would take too long for all training images.
    bounds, curve = bound_columns(
        vae, x["test"], num_samples=params.evaluate.num_importance_samples, seed=seed
    )
    columns["test"] |= bounds
    columns["test"] |= latent_columns(
        encodings["train"],
        labels["train"],
        encodings["test"],
        labels["test"],
        rate=columns["test"]["rate"],
        seed=seed,
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
