"""Ink of pictures on paper of any color, in any light, and its size and position."""

import numpy as np
import pytest

from vae.data.ink import find_ink, fit_ink

INK = np.zeros((280, 300))
INK[60:220, 120:160] = INK[60:90, 90:160] = 1
INK[:15, 60:120] = INK[200:210, 240:] = 1  # reaches the border
Y, X = np.ogrid[-1:1:280j, -1:1:300j]
LIGHTS = {
    "even": np.full(INK.shape, 215.0),
    "dim": np.full(INK.shape, 100.0),
    "slope": 170 + 60 * X - 20 * Y,
    "lamp": 200 - 40 * (X - 0.3) ** 2 - 50 * (Y + 0.2) ** 2,
}


@pytest.mark.parametrize(
    ("light", "paper", "pen", "noise"),
    [
        ("even", 1, 0.3, 4),
        ("dim", 0.3, 1, 0),
        ("slope", 1, 0.3, 4),
        ("lamp", 0.3, 1, 4),
    ],
)
def test_ink_is_the_same_on_any_paper_in_any_light(light, paper, pen, noise):
    noise = noise * np.random.default_rng(0).normal(size=INK.shape)
    blank = LIGHTS[light] * paper + noise
    levels = LIGHTS[light] * (paper + (pen - paper) * INK) + noise
    ink = find_ink(np.rint(np.clip(levels, 0, 255)))
    assert (ink[INK == 0] > 0).mean() < 0.01
    assert ink[INK == 1].mean() > (170 if noise.any() else 245)
    assert not find_ink(np.rint(blank)).any()


def test_strokes_on_white_keep_their_levels():
    levels = np.rint(255 - 255 * INK * np.random.default_rng(0).random(INK.shape))
    levels[100, 130] = 0
    np.testing.assert_array_equal(find_ink(levels), 255 - levels)


def test_resized_pixels_are_area_means():
    ink = np.zeros((90, 70), np.uint8)
    ink[3:53, 5:45] = np.random.default_rng(0).integers(100, 256, size=(50, 40))
    received = fit_ink(ink, (28, 28))
    # From 50 pixels to 20: two new pixels cover five old ones.
    fine = np.kron(ink[3:53, 5:45], np.ones((2, 2)))
    expected = fine.reshape(20, 5, 16, 5).mean(axis=(1, 3)) / 255
    top, left = np.argwhere(received).min(axis=0)
    box = received[top : top + 20, left : left + 16]
    np.testing.assert_allclose(box, expected)
    assert np.count_nonzero(received) == box.size


def test_the_center_of_mass_is_centered_unless_ink_would_be_cut():
    ink = np.zeros((100, 100), np.uint8)
    ink[10:90, 10:50] = ink[80:90, 10:90] = 255  # an L: heavier below and on the left
    received = fit_ink(ink, (28, 28))
    center = (np.indices((28, 28)) * received).sum(axis=(1, 2)) / received.sum()
    np.testing.assert_allclose(center, 13.5, atol=0.5)
    ink[11:80] = 0  # the center of mass is far below
    received = fit_ink(ink, (28, 28))
    assert received[0].any() and not received[20:].any()
    np.testing.assert_allclose(received.sum(), (ink / 255).sum() / 4**2)
