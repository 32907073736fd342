"""Binarized pixels: their probabilities, and their dependence on seed and split."""

import numpy as np
import pytest

from vae.data.binarization import binarize

GRAY = np.array([0, 1, 64, 127, 128, 254, 255], np.uint8)


def test_pixels_are_white_with_a_probability_equal_to_their_gray_value():
    n = 200_000
    drawn = binarize(np.tile(GRAY, (n, 1)), how="static", seed=1, split="train")
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 255}
    probability = GRAY / 255
    error = np.sqrt(probability * (1 - probability) / n)
    assert np.all(np.abs(drawn.mean(axis=0) / 255 - probability) <= 4 * error)


@pytest.mark.parametrize("how", ["static", "dynamic"])
def test_seed_and_split_decide_the_draw(how):
    gray = np.full((5, 4, 3), 128, np.uint8)
    draws = [(1, "train"), (2, "train"), (1, "validation"), (1, "test")]
    contents = {
        binarize(gray, how=how, seed=seed, split=split).tobytes()
        for seed, split in 2 * draws
    }
    assert len(contents) == len(draws)


def test_gray_values_are_kept_or_thresholded_at_one_half():
    others = {"seed": 1, "split": "test"}
    assert binarize(GRAY, how="none", **others) is GRAY
    cut = binarize(GRAY, how="threshold", **others)
    np.testing.assert_array_equal(cut, np.uint8(4 * [0] + 3 * [255]), strict=True)
    with pytest.raises(ValueError, match="unknown binarization 'dithered'"):
        binarize(GRAY, how="dithered", **others)
