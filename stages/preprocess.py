"""Convert IDX files to arrays: hold out validation images and binarize pixels.

A pixel is a byte from 0 to 255 with the value byte / 255, whether binary or not.
"""

import json
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("preprocess")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np

from vae.data.binarization import binarize
from vae.data.catalog import NAMES
from vae.data.idx import parse_files
from vae.numerics.streams import Purpose, seed_sequence
from vae.pipeline.arrays import pack_arrays
from vae.pipeline.errors import PipelineError, readable
from vae.pipeline.params import (
    check_counts,
    check_memory,
    check_test_images,
    read_params,
)
from vae.pipeline.schema import MIN_IMAGES, Preprocess

RAW = Path("data/verified")
DESCRIPTION = RAW / "dataset.json"
OUTPUT = Path("data/images.npz")


def read_files(num_classes: int) -> list[np.ndarray]:
    """Read images and labels of the training set, then of the test set."""
    contents = {}
    for name in NAMES:
        with readable(RAW / name, made_by="download"):
            contents[name] = (RAW / name).read_bytes()
    try:
        return parse_files(contents, num_classes)
    except ValueError as error:
        raise PipelineError(
            f"{RAW}/{error}; make the files again with: dvc repro --force download"
        ) from None


def read_description(dataset: str) -> dict[str, np.ndarray]:
    """Read the title of the dataset and the names [classes] of its classes."""
    with readable(DESCRIPTION, KeyError, TypeError, ValueError, made_by="download"):
        description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        found, title, names = (description[x] for x in ("dataset", "title", "classes"))
    if found != dataset:
        raise PipelineError(
            f"{RAW}: received {found}, expected {dataset} as params.yaml says; "
            "make it with: dvc repro download"
        )
    return {"dataset": np.array(title), "class_names": np.array(names, str)}


def hold_out(files: list[np.ndarray], settings: Preprocess) -> list[np.ndarray]:
    """Hold out the user's number of random training images for the test, if any.

    Takes and returns images and labels of the training set, then of the test set.
    """
    if not settings.test_images:
        return files
    most = len(files[0]) - MIN_IMAGES
    if settings.test_images > most:
        received = f"received {settings.test_images}; allowed: at most {most}"
        raise PipelineError(
            f"params.yaml: preprocess.test_images: {received}, so that {MIN_IMAGES} of "
            f"the {len(files[0])} images are left for training"
        )
    sequence = seed_sequence(settings.seed, Purpose.TEST_IMAGES)
    order = np.random.default_rng(sequence).permutation(len(files[0]))
    test, train = np.split(order, [settings.test_images])
    return [array[part] for part in (train, test) for array in files[:2]]


def main() -> None:
    params = read_params()
    how, seed = params.preprocess.binarization, params.preprocess.seed
    arrays = read_description(params.download.dataset)
    files = read_files(len(arrays["class_names"]))
    check_test_images(params, num_test=len(files[3]))
    images, labels, test_images, test_labels = hold_out(files, params.preprocess)
    check_counts(params, num_images=len(images))
    check_memory(params, len(images), images[0].size)

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
    if how == "dynamic":  # each training step draws new pixels
        arrays["train_gray"] = images[:start]
    arrays |= {"binarization": np.array(how), "binary": np.array(binary)}
    stage.write({OUTPUT: pack_arrays(arrays)})


if __name__ == "__main__":
    main()
