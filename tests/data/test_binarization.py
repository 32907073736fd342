"""Binary pixels: drawn with the right probability, once, and of the right split."""

import numpy as np
import pytest

from vae.data.binarization import binarize, binarize_once

GREY = np.array([[0, 1, 127], [128, 254, 255]], np.uint8)


def test_pixels_are_white_with_the_probability_of_their_grey():
    grey = np.array([0, 1, 64, 128, 254, 255], np.uint8)
    n = 200_000
    drawn = binarize_once(np.tile(grey, (n, 1)), seed=1, split="train")
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 255}
    probability = grey / 255
    error = np.sqrt(probability * (1 - probability) / n)
    assert np.all(np.abs(drawn.mean(axis=0) / 255 - probability) <= 4 * error)


def test_seed_and_split_decide_the_draw():
    grey = np.full((5, 4, 3), 128, np.uint8)
    first, again, seed, split, third = (
        binarize_once(grey, seed=seed, split=split)
        for seed, split in [
            (1, "train"),
            (1, "train"),
            (2, "train"),
            (1, "validation"),
            (1, "test"),
        ]
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != seed)
    assert np.any(first != split) and np.any(first != third) and np.any(split != third)


def test_grey_values_stay_or_are_cut_at_one_half():
    received = binarize(GREY, how="none", seed=1, split="test")
    np.testing.assert_array_equal(received, GREY, strict=True)
    received = binarize(GREY, how="threshold", seed=1, split="test")
    expected = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    np.testing.assert_array_equal(received, expected, strict=True)


@pytest.mark.parametrize("how", ["static", "dynamic"])
def test_what_is_drawn_once_is_drawn_by_seed_and_split(how):
    received = binarize(GREY, how=how, seed=3, split="validation")
    expected = binarize_once(GREY, seed=3, split="validation")
    np.testing.assert_array_equal(received, expected, strict=True)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="unknown binarization 'dithered'"):
        binarize(GREY, how="dithered", seed=1, split="test")
