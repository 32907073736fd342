"""Pictures of users: fitted and centred in any colours; bad ones in one line."""

import numpy as np
import pytest
from PIL import Image

from pictures import PictureError, read_picture, tile, write_png


def save(path, ink, mode="L", paper=255, pen=0):
    """A picture whose ink [height, width] is drawn with a pen on paper."""
    grey = np.uint8(paper + (int(pen) - int(paper)) * ink)
    Image.fromarray(grey).convert(mode).save(path)
    return path


def bar(height=200, width=300):
    """A bar of 120 x 30 pixels, far from the middle."""
    ink = np.zeros((height, width))
    ink[20:140, 40:70] = 1
    return ink


@pytest.mark.parametrize(("paper", "pen"), [(255, 0), (10, 240), (200, 30)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_ink_is_fitted_and_centred_whatever_its_colour(tmp_path, paper, pen, mode):
    received = read_picture(save(tmp_path / "a.png", bar(), mode, paper, pen))
    assert received.shape == (28, 28)
    ink = received > 0.5 * received.max()
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert len(rows) == 20 and len(columns) == 5
    assert abs(rows.mean() - 13.5) <= 0.5 and abs(columns.mean() - 13.5) <= 0.5
    assert received[0].max() < 0.3 and received.max() > 0.5


def test_the_centre_of_mass_is_in_the_middle(tmp_path):
    ink = np.zeros((100, 100))
    ink[10:90, 10:50] = 1
    ink[80:90, 10:90] = 1  # an L: heavier below and on the left
    received = read_picture(save(tmp_path / "a.png", ink))
    mass = received / received.sum()
    places = mass.sum(axis=1) @ np.arange(28), mass.sum(axis=0) @ np.arange(28)
    np.testing.assert_allclose(places, 13.5, atol=0.6)


def test_a_picture_of_the_right_size_is_taken_as_it_is(tmp_path):
    ink = np.zeros((28, 28))
    ink[2:9, 3:5] = 1
    received = read_picture(save(tmp_path / "a.png", ink))
    np.testing.assert_allclose(received, ink, atol=1 / 255)


def test_where_it_is_transparent_there_is_paper(tmp_path):
    picture = np.zeros((100, 100, 4), np.uint8)
    picture[20:80, 40:50, 3] = 255  # black, but transparent around
    Image.fromarray(picture).save(tmp_path / "a.png")
    assert 0 < (read_picture(tmp_path / "a.png") > 0.5).mean() < 0.2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("no picture"), "no picture that can be read"),
        (lambda path: path.mkdir(), "no picture that can be read"),
        (lambda path: save(path, np.ones((27, 90))), "received 90 x 27 pixels, expec"),
        (
            lambda path: save(path, np.zeros((90, 90))),
            "blank; expected something",
        ),
    ],
)
def test_a_picture_that_cannot_be_used_is_one_line(tmp_path, make, message):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(PictureError, match=f"^{path}: {message}") as error:
        read_picture(path)
    assert len(str(error.value).splitlines()) == 1


def test_images_stand_row_by_row():
    tiled = tile(np.arange(1.0, 4.0)[:, None, None] * np.ones((3, 2, 2)), columns=2)
    assert tiled.shape == (8, 8)
    assert [tiled[0, 0], tiled[0, 4], tiled[4, 0], tiled[4, 4]] == [1, 2, 3, 0]
    assert tiled[2].sum() == tiled[:, 2].sum() == 0


def test_ink_is_written_black_on_white_in_the_same_bytes(tmp_path):
    for name in "ab":
        write_png(tmp_path / f"{name}.png", np.array([[0.0, 1.0]]), zoom=1)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    assert pixels.tolist() == [[255, 0]]
