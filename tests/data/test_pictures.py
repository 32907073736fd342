"""Pictures of users: fitted and centered in any colors; bad ones in one line."""

import numpy as np
import pytest
from PIL import Image

from vae.data.pictures import fit_ink, read_picture, tile, write_png
from vae.pipeline.errors import PipelineError


def save(path, ink, mode="L", paper=255, pen=0):
    """Save a picture of ink [height, width], drawn with a pen on paper."""
    gray = np.uint8(paper + (int(pen) - int(paper)) * ink)
    Image.fromarray(gray).convert(mode).save(path)
    return path


@pytest.mark.parametrize(("paper", "pen"), [(255, 0), (10, 240), (200, 30)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_ink_is_fitted_and_centered_whatever_its_color(tmp_path, paper, pen, mode):
    ink = np.zeros((200, 300))
    ink[20:140, 40:76] = 1  # far from the middle
    received = read_picture(save(tmp_path / "a.png", ink, mode, paper, pen))
    expected = np.zeros((28, 28))
    expected[4:24, 11:17] = 1
    np.testing.assert_allclose(received / received.max(), expected, atol=0.01)
    assert received.max() > 0.6


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


def test_a_picture_of_the_right_size_is_taken_as_it_is(tmp_path):
    ink = np.zeros((28, 28))
    ink[2:9, 3:5] = 1
    path = save(tmp_path / "a.png", ink)
    np.testing.assert_array_equal(read_picture(path), ink)
    picture = np.zeros((28, 28, 4), np.uint8)
    picture[ink > 0, 3] = 255  # black, but transparent around, where there is paper
    Image.fromarray(picture).save(path)
    np.testing.assert_array_equal(read_picture(path), ink)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("no picture"), "no picture that can be read"),
        (lambda path: path.mkdir(), "no picture that can be read"),
        (lambda path: save(path, np.ones((27, 90))), "received 90 x 27 pixels, expec"),
        (lambda path: save(path, np.zeros((90, 90))), "blank; expected something"),
    ],
)
def test_a_picture_that_cannot_be_used_is_one_line(tmp_path, make, message):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(PipelineError, match=rf"\A{path}: {message}.*\Z"):
        read_picture(path)


def test_images_stand_row_by_row_and_are_written_black_on_white(tmp_path):
    tiled = tile(np.arange(1.0, 4.0)[:, None, None] * np.ones((3, 2, 2)), columns=2)
    assert tiled.shape == (8, 8)
    assert [tiled[0, 0], tiled[0, 4], tiled[4, 0], tiled[4, 4]] == [1, 2, 3, 0]
    assert tiled[2].sum() == tiled[:, 2].sum() == 0
    path = tmp_path / "a.png"
    write_png(path, np.array([[0.0, 1.0]]), zoom=1)
    assert np.asarray(Image.open(path).convert("L")).tolist() == [[255, 0]]
