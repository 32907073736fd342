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
from vae.data.factors import parse_factors
from vae.data.idx import parse_idx
from vae.numerics.streams import Purpose, seed_sequence
from vae.pipeline.arrays import pack_arrays
from vae.pipeline.errors import PipelineError, readable
from vae.pipeline.params import check_counts, check_test_images, read_params
from vae.pipeline.schema import Preprocess

RAW = Path("data/verified")
DESCRIPTION = RAW / "dataset.json"
OUTPUT = Path("data/images.npz")


def read_files() -> list[np.ndarray]:
    """Read images and labels of the training set, then of the test set."""
    arrays = []
    for name in NAMES:
        with readable(RAW / name, ValueError, made_by="download"):
            arrays.append(parse_idx((RAW / name).read_bytes()))
    return arrays


def read_description(dataset: str) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Read title, class names and names of the factors of the dataset, if it has any.

    Returns:
        arrays by name; and the factors [images, factors] of the training set, then of
        the test set, or nothing.
    """
    damage = (AttributeError, KeyError, TypeError, ValueError)
    with readable(DESCRIPTION, *damage, made_by="download"):
        description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        found, title, names = (description[x] for x in ("dataset", "title", "classes"))
        lines = description.get("factors", {})
        factors = [parse_factors(lines, x) for x in ("train", "test") if lines]
    if found != dataset:
        raise PipelineError(
            f"{RAW}: received {found}, expected {dataset} as params.yaml says; "
            "make it with: dvc repro download"
        )
    arrays = {"dataset": np.array(title), "class_names": np.array(names, str)}
    if factors:
        arrays["factor_names"] = np.array([*lines])
    return arrays, factors


def hold_out(
    train: list[np.ndarray], test: list[np.ndarray], settings: Preprocess
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Hold out the user's number of random training images for the test, if any.

    Takes and returns images, labels and any factors of the training set, then of the
    test set.
    """
    if not settings.test_images:
        return train, test
    sequence = seed_sequence(settings.seed, Purpose.TEST_IMAGES)
    order = np.random.default_rng(sequence).permutation(len(train[0]))
    held, left = np.split(order, [settings.test_images])
    return [array[left] for array in train], [array[held] for array in train]


def main() -> None:
    params = read_params()
    how, seed = params.preprocess.binarization, params.preprocess.seed
    arrays, factors = read_description(params.download.dataset)
    files = read_files()
    check_test_images(params, num_images=len(files[1]), num_test=len(files[3]))
    train, test = hold_out(
        [*files[:2], *factors[:1]], [*files[2:], *factors[1:]], params.preprocess
    )
    num_images = len(train[0])
    check_counts(params, num_images)

    start = num_images - params.preprocess.validation_images
    splits = {
        "train": [array[:start] for array in train],
        "validation": [array[start:] for array in train],
        "test": test,
    }
    binary = True
    for split, (gray, label, *factor) in splits.items():
        pixels = binarize(gray, how=how, seed=seed, split=split)
        binary &= bool(((pixels == 0) | (pixels == 255)).all())
        arrays |= {f"{split}_images": pixels, f"{split}_labels": label}
        arrays |= {f"{split}_factors": array for array in factor}
        print(f"{split}: {len(label)} images")
    if how == "dynamic":  # each training step draws new pixels
        arrays["train_gray"] = splits["train"][0]
    arrays |= {"binarization": np.array(how), "binary": np.array(binary)}
    stage.write({OUTPUT: pack_arrays(arrays)})


if __name__ == "__main__":
    main()
