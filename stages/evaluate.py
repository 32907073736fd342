"""Measure the trained model: its bounds, its latents, and what the figures show."""

import json
import math
from pathlib import Path

from vae.stage import write_outputs

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load

from vae.arrays import pack_arrays, read_arrays
from vae.errors import readable
from vae.evaluation.figure_arrays import figure_arrays
from vae.evaluation.inference import encode, trained_prior
from vae.evaluation.measure import Measures, elbo_columns, measure
from vae.evaluation.summary import (
    FORMAT,
    by_class,
    check_finite,
    means,
    standard_errors,
)
from vae.likelihoods import PSEUDO_LIKELIHOOD, is_pseudo_likelihood
from vae.model import VAE
from vae.params import Params, read_params
from vae.priors import Prior

SPLITS = ("train", "test")
DATA = Path("data/images.npz")
OBSERVATIONS = {
    "dataset": "str",
    "class_names": "str classes",
    "train_images": "uint8 train height width",
    "train_labels": "uint8 train",
    "test_images": "uint8 test height width",
    "test_labels": "uint8 test",
}
GRID_TOLERANCE = 0.001  # nats by which another grid may change the mean of log p(x)
WEIGHTS = Path("results/model.safetensors")
METRICS = Path("results/metrics.json")
STANDARD_ERRORS = Path("results/standard_errors.csv")
CLASSES = Path("results/classes.csv")
LATENTS = Path("results/latents.npz")


def load_model(params: Params, num_pixels: int) -> VAE:
    """The model that `train` left."""
    vae = VAE(num_pixels=num_pixels, **params.model.model_dump())
    with readable(WEIGHTS, SafetensorError, ValueError, made_by="train"):
        vae.load_weights(load(WEIGHTS.read_bytes()))
    return vae


def prior_arrays(prior: Prior) -> dict[str, np.ndarray]:
    """The Gaussians of which p(z) is a mixture, [components, latent]."""
    loc, scale = prior.components()
    return {"prior_loc": loc.numpy(), "prior_scale": scale.numpy()}


def tables(
    measures: Measures, labels: dict[str, np.ndarray], class_names: np.ndarray
) -> tuple[dict[str, dict[str, float]], pd.DataFrame, pd.DataFrame]:
    """Means over all images; their standard errors; both over those of each class."""
    metrics, errors, classes = {}, {}, []
    for section, columns in measures.columns.items():
        images = pd.DataFrame(columns)
        check_finite(images, section)
        metrics[section] = means(images) | measures.scalars.get(section, {})
        errors[section] = standard_errors(images)
        if section in labels:
            rows = by_class(images, labels[section], class_names)
            classes.append(rows.assign(split=section))
    errors = pd.DataFrame(errors).rename_axis("metric")
    return metrics, errors, pd.concat(classes).set_index("split")


def report(metrics: dict[str, dict[str, float]]) -> None:
    """Print the bounds, and what a reader of them must know."""
    names = {"elbo": "ELBO", "iwae_bound": "bound", "log_evidence": "log p(x)"}
    for split in SPLITS:
        section = metrics[split]
        known = [f"{names[n]} {section[n]:.2f}" for n in names if n in section]
        print(f"{split}: {', '.join(known)} nats per image")
    if enclosure := metrics.get("enclosure"):
        print(
            f"by annealing: log p(x) of test images at least "
            f"{metrics['test']['annealed_bound']:.2f}, on images of the model within "
            f"{enclosure['gap']:.2f} nats"
        )
    change = metrics["test"].get("log_evidence_grid_change", 0)
    if change > GRID_TOLERANCE:
        print(f"log_evidence: a coarser or narrower grid changes it by {change:.4f}")
    if metrics["test"]["pseudo_likelihood"]:
        print(PSEUDO_LIKELIHOOD)


def main() -> None:
    params = read_params()
    data = read_arrays(DATA, OBSERVATIONS, made_by="preprocess")
    first = slice(params.evaluate.max_images)
    labels = {split: data[f"{split}_labels"][first] for split in SPLITS}
    image_shape = data["test_images"].shape[1:]
    vae = load_model(params, num_pixels=math.prod(image_shape))

    encodings, elbos = {}, {}
    for split in SPLITS:
        # Those of `train` go once this is done; what follows is of those of `test`.
        images = data.pop(f"{split}_images")[first].reshape(len(labels[split]), -1)
        encodings[split] = encode(vae, images)
        elbos[split] = elbo_columns(
            vae,
            images,
            num_samples=params.evaluate.num_samples,
            seed=params.evaluate.seed,
            split=split,
        )
    how = params.evaluate.model_dump(exclude={"max_images", "num_samples"})
    measures = measure(vae, images, labels, encodings, elbos, **how)
    metrics, errors, classes = tables(measures, labels, data["class_names"])
    pseudo = is_pseudo_likelihood(vae.likelihood, images)
    for split in SPLITS:
        metrics[split]["pseudo_likelihood"] = pseudo
    arrays = {
        "dataset": data["dataset"],
        "class_names": data["class_names"],
        "image_shape": np.array(image_shape),
        "label": labels["test"],
        **encodings["test"]._asdict(),
        **prior_arrays(trained_prior(vae)),
        **measures.curve,
        # By image, so that two runs can be compared image by image.
        **{f"test_{name}": x for name, x in measures.columns["test"].items()},
        **figure_arrays(
            vae,
            images,
            labels["test"],
            encodings["test"],
            measures.columns["test"],
            grid_points=params.evaluate.grid_points,
            seed=params.evaluate.seed,
        ),
    }

    write_outputs(
        {
            METRICS: (json.dumps(metrics, indent=2) + "\n").encode(),
            STANDARD_ERRORS: errors.to_csv(**FORMAT).encode(),
            CLASSES: classes.to_csv(**FORMAT).encode(),
            LATENTS: pack_arrays(arrays),
        }
    )
    report(metrics)


if __name__ == "__main__":
    main()
