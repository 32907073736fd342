"""From IDX files to arrays: hold out validation images, make pixels binary.

A pixel is a byte from 0 to 255 and stands for byte / 255, binary or not.
"""

import json
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("preprocess")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np

from vae.data.binarization import binarize
from vae.data.idx import parse_idx
from vae.pipeline.arrays import pack_arrays
from vae.pipeline.errors import PipelineError, readable
from vae.pipeline.params import check_counts, read_params

RAW = Path("data/verified")
DESCRIPTION = RAW / "dataset.json"
OUTPUT = Path("data/images.npz")


def read_idx(name: str, ndim: int) -> np.ndarray:
    """Read one of the four files, uint8 with `ndim` dimensions."""
    path = RAW / name
    with readable(path, ValueError, made_by="download"):
        array = parse_idx(path.read_bytes())
        if array.ndim != ndim:
            raise ValueError(f"{array.ndim} dimensions, expected {ndim}")
        return array


def read_files(prefix: str, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Read images [images, height, width] and labels [images], which count from 0."""
    images = read_idx(f"{prefix}-images-idx3-ubyte", ndim=3)
    labels = read_idx(f"{prefix}-labels-idx1-ubyte", ndim=1)
    if not 0 < len(images) == len(labels):
        raise PipelineError(
            f"{RAW}/{prefix}-*: received {len(images)} images and {len(labels)} "
            "labels, expected as many; make them with: dvc repro download"
        )
    if labels.max() >= num_classes:
        raise PipelineError(
            f"{RAW}/{prefix}-labels-idx1-ubyte: received the label {labels.max()}, "
            f"expected 0 to {num_classes - 1}, as the dataset names {num_classes} "
            "classes; number the labels from 0, or name all classes in "
            "stages/vae/data/catalog.yaml"
        )
    return images, labels


def read_description(dataset: str) -> dict[str, np.ndarray]:
    """Read the title of the dataset and the names of its classes [classes]."""
    with readable(DESCRIPTION, KeyError, ValueError, made_by="download"):
        description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        found, title, names = (description[x] for x in ("dataset", "title", "classes"))
    if found != dataset:
        raise PipelineError(
            f"{RAW}: received {found}, expected {dataset} as params.yaml says; "
            "make it with: dvc repro download"
        )
    return {"dataset": np.array(title), "class_names": np.array(names)}


def main() -> None:
    params = read_params()
    how, seed = params.preprocess.binarization, params.preprocess.seed
    arrays = read_description(params.download.dataset)
    num_classes = len(arrays["class_names"])
    images, labels = read_files("train", num_classes)
    test_images, test_labels = read_files("t10k", num_classes)
    if images.shape[1:] != test_images.shape[1:]:
        raise PipelineError(
            f"{RAW}: received training images of {images.shape[1:]} pixels and test "
            f"images of {test_images.shape[1:]}, expected as many; "
            "make them with: dvc repro download"
        )
    check_counts(params, num_images=len(images))

    start = len(images) - params.preprocess.validation_images
    splits = {
        "train": (images[:start], labels[:start]),
        "validation": (images[start:], labels[start:]),
        "test": (test_images, test_labels),
    }
    binary = True
    for split, (gray, label) in splits.items():
        pixels = binarize(gray, how=how, seed=seed, split=split)
        binary &= bool(((pixels == 0) | (pixels == 255)).all())
        arrays |= {f"{split}_images": pixels, f"{split}_labels": label}
        print(f"{split}: {len(label)} images")
    if how == "dynamic":  # training draws its pixels anew at each step
        arrays["train_grey"] = images[:start]
    arrays |= {"binarization": np.array(how), "binary": np.array(binary)}
    stage.write({OUTPUT: pack_arrays(arrays)})


if __name__ == "__main__":
    main()
