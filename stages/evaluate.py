"""Measure the trained model: its bounds, its latents, and what the figures show."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import load

from vae.arrays import read_arrays, write_arrays
from vae.binarization import draw_binary_once
from vae.errors import PipelineError, run
from vae.evaluation import encode
from vae.files import write_whole
from vae.likelihoods import PSEUDO_LIKELIHOOD, is_pseudo_likelihood
from vae.measures import Measures, measure
from vae.model import VAE
from vae.params import Params, read_params
from vae.showcase import decoded_for_figures
from vae.summary import DECIMALS, by_digit, check_finite, mean_and_error

SPLITS = ("train", "test")
DATA = Path("data/mnist.npz")
WEIGHTS = Path("results/model.safetensors")
METRICS = Path("results/metrics.json")
DIGITS = Path("results/digits.csv")
LATENTS = Path("results/latents.npz")


def read_splits(
    params: Params,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Images as they are seen, and labels, by split."""
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels")]
    data = read_arrays(DATA, *names, made_by="preprocess")
    if params.preprocess.binarization == "dynamic":
        data["train_images"] = draw_binary_once(
            data["train_images"], seed=params.evaluate.seed, stream=0
        )
    images = {split: data[f"{split}_images"] for split in SPLITS}
    return images, {split: data[f"{split}_labels"] for split in SPLITS}


def load_model(params: Params, num_pixels: int) -> VAE:
    """The model that `train` left."""
    vae = VAE(num_pixels=num_pixels, **params.model.model_dump())
    try:
        weights = load(WEIGHTS.read_bytes())
        vae.load_weights(weights)
        return vae
    except FileNotFoundError:
        problem = "no such file"
    except Exception as error:  # damage has safetensors raise many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        problem = f"damaged ({reason})"
    raise PipelineError(f"{WEIGHTS}: {problem}; make it with: dvc repro train")


def tables(
    measures: Measures, labels: dict[str, np.ndarray]
) -> tuple[dict[str, dict[str, float]], pd.DataFrame]:
    """Means over all images, and over those of each digit, by split."""
    metrics, digits = {}, []
    for split, label in labels.items():
        images = pd.DataFrame(measures.columns[split])
        check_finite(images, split)
        metrics[split] = mean_and_error(images) | measures.scalars[split]
        digits.append(by_digit(images, label).assign(split=split))
        print(f"{split}: ELBO {metrics[split]['elbo']:.2f} nats per image")
    return metrics, pd.concat(digits).set_index("split")


def main() -> None:
    params = read_params()
    shapes, labels = read_splits(params)
    images = {split: array.reshape(len(array), -1) for split, array in shapes.items()}
    vae = load_model(params, num_pixels=images["test"].shape[1])

    encodings = {split: encode(vae, array) for split, array in images.items()}
    measures = measure(vae, images, labels, encodings, **params.evaluate.model_dump())
    metrics, digits = tables(measures, labels)
    pseudo = is_pseudo_likelihood(vae.likelihood, params.preprocess.binarization)
    for section in metrics.values():
        section["pseudo_likelihood"] = pseudo
    if pseudo:
        print(PSEUDO_LIKELIHOOD)
    decoded = decoded_for_figures(
        vae,
        images["test"],
        labels["test"],
        encodings["test"],
        measures.columns["test"].get("log_evidence"),
        params.evaluate.seed,
    )

    csv = digits.to_csv(float_format=f"%.{DECIMALS}f", lineterminator="\n")
    write_whole(METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
    write_whole(DIGITS, csv.encode())
    encoded = {"label": labels["test"], **encodings["test"]._asdict()}
    shape = {"image_shape": shapes["test"].shape[1:]}
    write_arrays(LATENTS, shape | encoded | measures.curve | decoded)


if __name__ == "__main__":
    run(main)
