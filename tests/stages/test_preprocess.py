"""Splits and pixels that `preprocess` makes, and the files that it refuses."""

from pathlib import Path

import numpy as np
import pytest

import preprocess
from vae.data.idx import format_idx, parse_idx
from vae.pipeline.errors import PipelineError


def raw_images(prefix):
    content = Path(f"data/verified/{prefix}-images-idx3-ubyte").read_bytes()
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 6, 4)


@pytest.mark.parametrize("binarization", ["none", "threshold", "static", "dynamic"])
def test_pixels_are_binarized_and_the_last_images_held_out(tiny, binarization):
    tiny(preprocess__binarization=binarization)
    preprocess.main()
    data = dict(np.load("data/images.npz"))
    assert data["binarization"] == binarization
    assert data["binary"] == (binarization != "none")
    train, test = raw_images("train"), raw_images("t10k")
    splits = {"train": train[:34], "validation": train[34:], "test": test}
    labels = {"train": range(34), "validation": range(34, 41), "test": range(30)}
    for split, expected in splits.items():
        np.testing.assert_array_equal(
            data[f"{split}_labels"], np.mod(labels[split], 10)
        )
        received = data[f"{split}_images"]
        assert received.shape == expected.shape
        if binarization == "none":
            np.testing.assert_array_equal(received, expected)
            continue
        assert set(np.unique(received)) == {0, 255}
        if binarization == "threshold":
            np.testing.assert_array_equal(received == 255, expected / 255 > 0.5)
        else:  # drawn: close to the gray values on average
            error = (received / 255 - expected / 255).mean()
            assert abs(error) < 4 * 0.5 / np.sqrt(expected.size)
    assert ("train_gray" in data) == (binarization == "dynamic")
    if binarization == "dynamic":
        np.testing.assert_array_equal(data["train_gray"], train[:34])


def test_files_of_another_dataset_are_refused(tiny):
    tiny(download__dataset="fashion_mnist")
    message = "^data/verified: received mnist, expected fashion_mnist as params.yaml "
    with pytest.raises(PipelineError, match=f"{message}says; .*: dvc repro download"):
        preprocess.main()


def test_a_damaged_file_is_refused(tiny):
    path = Path("data/verified/train-labels-idx1-ubyte")
    path.write_bytes(path.read_bytes()[:-1])
    message = rf"^{path}: damaged \(IDX data of 40 bytes.*dvc repro download$"
    with pytest.raises(PipelineError, match=message):
        preprocess.main()


def test_test_images_are_held_out_if_there_are_none(tiny):
    tiny(preprocess__test_images=12, preprocess__binarization="none")
    for kind in ("images-idx3", "labels-idx1"):
        path = Path(f"data/verified/t10k-{kind}-ubyte")
        path.write_bytes(format_idx(parse_idx(path.read_bytes())[:0]))
    preprocess.main()
    data = dict(np.load("data/images.npz"))
    splits = ("train", "validation", "test")
    assert [len(data[f"{split}_labels"]) for split in splits] == [22, 7, 12]
    images = np.concatenate([data[f"{split}_images"] for split in splits])
    labels = np.concatenate([data[f"{split}_labels"] for split in splits])
    order = [
        np.flatnonzero((raw_images("train") == x).all(axis=(1, 2))) for x in images
    ]
    order = np.concatenate(order)
    assert sorted(order) == list(range(41)) != order.tolist()
    np.testing.assert_array_equal(labels, order % 10)
    tiny(preprocess__test_images=32)
    message = "test_images: received 32; allowed: at most 31, so that 10 of the 41 im"
    with pytest.raises(PipelineError, match=message):
        preprocess.main()
    tiny(preprocess__test_images=12, preprocess__seed=4)
    preprocess.main()
    assert (np.load("data/images.npz")["test_labels"] != data["test_labels"]).any()
