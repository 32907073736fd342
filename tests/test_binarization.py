import numpy as np

from vae.data.binarization import draw_binary_once


def test_pixels_are_white_with_the_probability_of_their_grey():
    grey = np.array([0, 1, 64, 128, 254, 255], np.uint8)
    n = 200_000
    drawn = draw_binary_once(np.tile(grey, (n, 1)), seed=1, stream=0)
    assert drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 255}
    probability = grey / 255
    error = np.sqrt(probability * (1 - probability) / n)
    assert np.all(np.abs(drawn.mean(axis=0) / 255 - probability) <= 4 * error)


def test_seed_and_stream_decide_the_draw():
    grey = np.full((5, 4, 3), 128, np.uint8)
    first, again, seed, stream = (
        draw_binary_once(grey, seed=seed, stream=stream)
        for seed, stream in [(1, 0), (1, 0), (2, 0), (1, 1)]
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != seed) and np.any(first != stream)
