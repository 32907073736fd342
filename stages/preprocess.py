"""From IDX files to arrays: hold out validation images, make pixels binary.

A pixel is a byte from 0 to 255 and stands for byte / 255, binary or not.
"""

from pathlib import Path

import numpy as np

from vae.arrays import write_arrays
from vae.binarization import draw_binary_once
from vae.errors import PipelineError, run
from vae.idx import parse_idx
from vae.params import read_params

RAW = Path("data/raw")
OUTPUT = Path("data/mnist.npz")


def read_idx(name: str, ndim: int) -> np.ndarray:
    """Read one of the four files, uint8 with `ndim` dimensions."""
    path = RAW / name
    try:
        array = parse_idx(path.read_bytes())
        if array.ndim != ndim:
            raise ValueError(f"received {array.ndim} dimensions, expected {ndim}")
        return array
    except FileNotFoundError:
        problem = "no such file"
    except ValueError as error:
        problem = f"damaged ({error})"
    raise PipelineError(f"{path}: {problem}; make it with: dvc repro download")


def read_split(prefix: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [images, height, width] and labels [images]."""
    images = read_idx(f"{prefix}-images-idx3-ubyte", ndim=3)
    labels = read_idx(f"{prefix}-labels-idx1-ubyte", ndim=1)
    if not 0 < len(images) == len(labels):
        raise PipelineError(
            f"{RAW}/{prefix}-*: received {len(images)} images and {len(labels)} "
            "labels, expected as many; make them with: dvc repro download"
        )
    return images, labels


def binarize(images: np.ndarray, *, how: str, seed: int, stream: int) -> np.ndarray:
    """Images as they are seen: grey, cut at one half, or drawn once."""
    if how == "none":
        return images
    if how == "threshold":
        return np.where(images > 127, np.uint8(255), np.uint8(0))
    return draw_binary_once(images, seed=seed, stream=stream)


def main() -> None:
    params = read_params()
    images, labels = read_split("train")
    test_images, test_labels = read_split("t10k")
    held_out = params.preprocess.validation_images
    if held_out >= len(images):
        raise PipelineError(
            f"params.yaml: preprocess.validation_images: received {held_out}; "
            f"allowed: less than {len(images)}, the number of images"
        )
    splits = {
        "train": (images[:-held_out], labels[:-held_out]),
        "validation": (images[-held_out:], labels[-held_out:]),
        "test": (test_images, test_labels),
    }
    arrays = {}
    for stream, (split, (split_images, split_labels)) in enumerate(splits.items()):
        how = params.preprocess.binarization
        if how == "dynamic" and split == "train":
            how = "none"  # drawn anew each time they are seen
        arrays[f"{split}_images"] = binarize(
            split_images, how=how, seed=params.preprocess.seed, stream=stream
        )
        arrays[f"{split}_labels"] = split_labels
        print(f"{split}: {len(split_labels)} images")
    write_arrays(OUTPUT, arrays)


if __name__ == "__main__":
    run(main)
