"""Estimate the ELBO on all images, by split and by digit; decode what figures show."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file

from vae.arrays import read_arrays, write_arrays
from vae.binarization import draw_binary_once
from vae.errors import PipelineError, run
from vae.evaluation import decode, encode, rates_and_distortions
from vae.model import VAE
from vae.params import Params, read_params

DATA = Path("data/mnist.npz")
WEIGHTS = Path("results/model.safetensors")
METRICS = Path("results/metrics.json")
DIGITS = Path("results/digits.csv")
LATENTS = Path("results/latents.npz")
DECIMALS = 4  # of nats per image; standard errors are a thousand times larger


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


def bound_by_image(rate, distortion, digit) -> pd.DataFrame:
    """A row an image, nats."""
    return pd.DataFrame(
        {
            "elbo": -(rate + distortion),
            "rate": rate,
            "distortion": distortion,
            "digit": digit,
        }
    )


def mean_and_error(images: pd.DataFrame) -> dict[str, float]:
    """Means over the rows, and their standard errors under the name `..._se`."""
    result = {}
    for name in ["elbo", "rate", "distortion"]:
        result[name] = round(float(images[name].mean()), DECIMALS)
        result[f"{name}_se"] = round(float(images[name].sem()), DECIMALS)
    return result


def first_of_each_digit(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of the first images of each digit, digit by digit."""
    return np.concatenate(
        [np.flatnonzero(labels == digit)[:count] for digit in np.unique(labels)]
    )


def arrays_for_figures(vae: VAE, images, labels) -> dict[str, np.ndarray]:
    """Encodings of all test images, and reconstructions of the same few in every run."""
    loc, scale, rate = encode(vae, images.reshape(len(images), -1))
    shown = first_of_each_digit(labels, count=2)
    return {
        "label": labels,
        "loc": loc,
        "scale": scale,
        "rate": rate,
        "shown_label": labels[shown],
        "shown_input": images[shown],
        "shown_reconstruction": decode(vae, loc[shown]).reshape(images[shown].shape),
    }


def main() -> None:
    params = read_params()
    images, labels = {}, {}
    images["train"], labels["train"], images["test"], labels["test"] = read_arrays(
        DATA,
        "train_images",
        "train_labels",
        "test_images",
        "test_labels",
        made_by="preprocess",
    )
    if params.preprocess.binarization == "dynamic":
        images["train"] = draw_binary_once(
            images["train"], seed=params.evaluate.seed, stream=0
        )
    vae = load_model(params, num_pixels=images["test"][0].size)

    metrics, by_digit = {}, []
    for stream, split in enumerate(images):
        rate, distortion = rates_and_distortions(
            vae,
            images[split].reshape(len(images[split]), -1),
            stream=stream,
            **params.evaluate.model_dump(),
        )
        bound = bound_by_image(rate, distortion, labels[split])
        metrics[split] = mean_and_error(bound)
        for digit, rows in bound.groupby("digit"):
            row = {"split": split, "digit": digit, "images": len(rows)}
            by_digit.append(row | mean_and_error(rows))
        print(f"{split}: ELBO {metrics[split]['elbo']:.2f} nats per image")

    METRICS.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    pd.DataFrame(by_digit).to_csv(
        DIGITS, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n"
    )
    write_arrays(LATENTS, arrays_for_figures(vae, images["test"], labels["test"]))


if __name__ == "__main__":
    run(main)
