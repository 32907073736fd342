"""True factors of users' images: what is added, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

import download
import preprocess
from vae.data.factors import complete_factors

TRAIN = np.array([[0, 3], [1, 3], [2, 4]])
GIVEN = {"train_factors": TRAIN, "factor_names": np.array(["a", "b"])}
COUNTS = {"train_factors": 3, "test_factors": 0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_factors": TRAIN[:2]}, r"train_factors: .* expected .* \(3, 2\)"),
        ({"train_factors": TRAIN / 2}, "received float64 of .*, expected integers"),
        ({"train_factors": TRAIN - 1}, "values from -1 to 3, expected 0 to 999"),
        ({"train_factors": TRAIN + 996}, "values from 0 to 1000, expected 0 to 999"),
        ({"train_factors": TRAIN[:, :1]}, r"expected integers of shape \(3, 2\)"),
        ({"test_factors": TRAIN}, r"test_factors: .* expected .* \(0, 2\)"),
        ({"factor_names": np.array([], str)}, "received 0 factors, expected 1 to 20"),
        ({"factor_names": np.array(["a", "a"])}, "factor_names: expected different"),
    ],
)
def test_factors_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        complete_factors(GIVEN | changes, COUNTS)


@pytest.mark.parametrize("missing", ["train_factors", "test_factors", "factor_names"])
def test_factors_without_a_part_are_refused(missing):
    given = GIVEN | {"test_factors": TRAIN}
    del given[missing]
    with pytest.raises(ValueError, match=rf"received .* without {missing}"):
        complete_factors(given, COUNTS | {"test_factors": 3})


@pytest.mark.parametrize("num_test", [0, 12])
def test_factors_stay_with_their_images(tiny, num_test):
    """From the user's .npz to the splits; the images show their factors."""
    factors = np.arange(82).reshape(41, 2)
    images = np.zeros([41, 6, 4], np.uint8)
    images[:, 0, :2] = factors
    arrays = {"train_images": images, "train_factors": factors}
    if num_test:
        splits = np.split(images, [29]) + np.split(factors, [29])
        names = ("train_images", "test_images", "train_factors", "test_factors")
        arrays = dict(zip(names, splits, strict=True))
    Path("data/raw").mkdir()
    np.savez("data/raw/a.npz", **arrays, factor_names=np.array(["a", "b"]))
    tiny(
        download__dataset="own",
        preprocess__binarization="none",
        preprocess__test_images=0 if num_test else 12,
    )
    download.main()
    preprocess.main()
    data = dict(np.load("data/images.npz"))
    assert data["factor_names"].tolist() == ["a", "b"]
    for split, count in {"train": 22, "validation": 7, "test": 12}.items():
        received = data[f"{split}_factors"]
        assert received.shape == (count, 2)
        shown = data[f"{split}_images"][:, 0, :2]
        np.testing.assert_array_equal(received, shown)


def test_sprites_pass_the_stages(tiny):
    tiny(
        download__dataset="sprites",
        download__size=[16, 16],
        preprocess__binarization="none",
        preprocess__test_images=60_000,
    )
    download.main()
    preprocess.main()
    data = dict(np.load("data/images.npz"))
    assert data["test_images"].shape == (60_000, 16, 16)
    assert data["class_names"].tolist() == ["square", "ellipse", "heart"]
    np.testing.assert_array_equal(data["train_labels"], data["train_factors"][:, 0])
