"""Ink of pictures: what it is on paper of any color and light, and how it is fitted."""

import numpy as np
import pytest

from vae.data.ink import find_ink, fit_ink, is_darker

INK = np.zeros((280, 300))
INK[60:220, 120:160] = INK[60:90, 90:160] = 1
INK[:15, 60:120] = INK[200:210, 240:] = 1  # which reaches the border
Y, X = np.ogrid[-1:1:280j, -1:1:300j]
LIGHTS = {
    "even": np.full(INK.shape, 215.0),
    "dim": np.full(INK.shape, 100.0),
    "slope": 170 + 60 * X - 20 * Y,
    "lamp": 200 - 40 * (X - 0.3) ** 2 - 50 * (Y + 0.2) ** 2,
}


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("noise", [0, 4])
def test_ink_is_the_same_on_any_paper_in_any_light(light, dark, noise):
    paper, pen = (1, 0.3) if dark else (0.3, 1)
    levels = LIGHTS[light] * (paper + (pen - paper) * INK)
    levels += noise * np.random.default_rng(0).normal(size=INK.shape)
    levels = np.rint(np.clip(levels, 0, 255))
    assert is_darker(levels) == dark
    ink = find_ink(levels, is_dark=dark)
    assert (ink[INK == 0] > 0).mean() < 0.01
    assert ink[INK == 1].mean() > (245 if noise == 0 else 170)


def test_strokes_on_white_keep_their_levels():
    levels = np.rint(255 - 255 * INK * np.random.default_rng(0).random(INK.shape))
    levels[levels == levels.min()] = 0
    for received in (levels, 255 - levels):
        ink = find_ink(received, is_dark=is_darker(received))
        np.testing.assert_array_equal(ink, 255 - levels)


@pytest.mark.parametrize("light", LIGHTS)
def test_paper_without_ink_is_blank(light):
    noise = np.random.default_rng(0).normal(size=INK.shape)
    levels = np.rint(LIGHTS[light] + 3 * noise)
    assert not find_ink(levels, is_dark=is_darker(levels)).any()


def test_new_pixels_are_means_by_area():
    ink = np.zeros((90, 70), np.uint8)
    ink[3:53, 5:45] = np.random.default_rng(0).integers(100, 256, size=(50, 40))
    received = fit_ink(ink, (28, 28))
    # 50 pixels on 20: two of the new ones cover five of the old ones.
    fine = np.kron(ink[3:53, 5:45], np.ones((2, 2)))
    expected = fine.reshape(20, 5, 16, 5).mean(axis=(1, 3)) / 255
    top, left = np.argwhere(received).min(axis=0)
    box = received[top : top + 20, left : left + 16]
    np.testing.assert_allclose(box, expected)
    assert np.count_nonzero(received) == box.size


def test_the_center_of_mass_is_in_the_middle_but_nothing_is_cut():
    ink = np.zeros((100, 100), np.uint8)
    ink[10:90, 10:50] = ink[80:90, 10:90] = 255  # an L: heavier below and on the left
    received = fit_ink(ink, (28, 28))
    center = (np.indices((28, 28)) * received).sum(axis=(1, 2)) / received.sum()
    np.testing.assert_allclose(center, 13.5, atol=0.5)
    ink[11:80] = 0  # the center of mass is far below
    received = fit_ink(ink, (28, 28))
    assert received[0].any() and not received[20:].any()
    np.testing.assert_allclose(received.sum(), (ink / 255).sum() / 4**2)
