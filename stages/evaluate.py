"""Measure the trained model: bounds, latents, and the arrays of the figures."""

import json
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("evaluate")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np

import vae
from vae.evaluation.factors import measure_factors
from vae.evaluation.figure_arrays import figure_arrays, latent_arrays
from vae.evaluation.measure import encode_split, measure
from vae.evaluation.summary import FORMAT, report, tables
from vae.pipeline.arrays import pack_arrays, read_arrays
from vae.pipeline.params import read_params
from vae.pipeline.trained import PSEUDO_LIKELIHOOD, read_description

DATA = Path("data/images.npz")
METRICS = Path("results/metrics.json")
STANDARD_ERRORS = Path("results/standard_errors.csv")
CLASSES = Path("results/classes.csv")
LATENTS = Path("results/latents.npz")


def main() -> None:
    settings = read_params().evaluate
    data = read_arrays(DATA, made_by="preprocess")
    description = read_description()
    description.check_data(data)
    model = vae.load()

    splits = {}
    for name in ("train", "test"):
        images = data[f"{name}_images"][: settings.max_images]
        label = data[f"{name}_labels"][: settings.max_images]
        splits[name] = encode_split(model, images, label, name, settings)
    train, test = splits["train"], splits["test"]
    measures = measure(model, train, test, settings)
    pseudo = model.likelihood.binary != description.binary
    for scalars in measures.scalars.values():
        scalars["pseudo_likelihood"] = pseudo
    metrics, errors, classes = tables(
        measures.columns,
        measures.scalars,
        {"train": train.label, "test": test.label},
        description.class_names,
    )
    disentanglement, factor_arrays = measure_factors(model, data, settings)
    if disentanglement:
        metrics["disentanglement"] = disentanglement
    arrays = {
        "dataset": np.array(description.dataset),
        "class_names": np.array(description.class_names, str),
        "image_shape": np.array(description.image_shape),
        "is_ink": np.array(description.is_ink),
        **latent_arrays(model, test),
        **measures.curve,
        # Values per image, so that two runs can be compared image by image.
        **{f"test_{name}": x for name, x in measures.columns["test"].items()},
        **figure_arrays(model, test, measures.columns["test"], settings),
        **factor_arrays,
    }

    stage.write(
        {
            METRICS: (json.dumps(metrics, indent=2) + "\n").encode(),
            STANDARD_ERRORS: errors.to_csv(**FORMAT).encode(),
            CLASSES: classes.to_csv(**FORMAT).encode(),
            LATENTS: pack_arrays(arrays),
        }
    )
    print(*report(metrics, model.latent_dim), sep="\n")
    if pseudo:
        print(PSEUDO_LIKELIHOOD)


if __name__ == "__main__":
    main()
