"""Pictures of users in any color and mode, and one-line errors for bad ones."""

import numpy as np
import pytest
from PIL import Image

from vae.data.pictures import read_picture, write_pngs
from vae.pipeline.errors import PipelineError


def read(path, dataset="MNIST", shape=(28, 28)):
    return read_picture(path, shape, dataset)


def save(path, ink, mode="L", paper=255, pen=0):
    """Save a picture of ink [height, width] with colors of pen and paper."""
    gray = np.uint8(paper + (int(pen) - int(paper)) * ink)
    Image.fromarray(gray).convert(mode).save(path)
    return path


@pytest.mark.parametrize(
    ("paper", "pen", "mode"), [(255, 0, "P"), (10, 240, "RGBA"), (100, 30, "L")]
)
def test_ink_of_any_color_is_fitted_and_centered(tmp_path, paper, pen, mode):
    ink = np.zeros((200, 300))
    ink[20:140, 40:76] = 1  # far from the middle
    received = read(save(tmp_path / "a.png", ink, mode, paper, pen))
    expected = np.zeros((28, 28))
    expected[4:24, 11:17] = 1
    np.testing.assert_allclose(received, expected, atol=0.01)


def test_a_picture_of_the_right_size_is_unchanged(tmp_path):
    ink = np.zeros((28, 28))
    ink[2:9, 3:5] = 1
    path = save(tmp_path / "a.png", ink)
    np.testing.assert_array_equal(read(path), ink)
    picture = np.zeros((28, 28, 4), np.uint8)
    picture[ink > 0, 3] = 255  # black ink on transparent paper
    Image.fromarray(picture).save(path)
    np.testing.assert_array_equal(read(path), ink)


@pytest.mark.parametrize("side", [28, 60])
def test_a_picture_of_more_than_eight_bits_is_read(tmp_path, side):
    ink = np.zeros((side, side))
    ink[4:24, 10:18] = 1
    expected = read(save(tmp_path / "a.png", ink))
    for dtype, white in {"u2": 65535, "i4": 4095, "f4": 1}.items():
        Image.fromarray(np.array(white * (1 - ink), dtype)).save(tmp_path / "a.tiff")
        received = read(tmp_path / "a.tiff")
        np.testing.assert_allclose(received, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "not a readable picture .*No such file"),
        (lambda path: path.write_text("no picture"), "not a readable picture"),
        (lambda path: save(path, np.ones((27, 90))), "received 90 x 27 pixels, expec"),
        (lambda path: save(path, np.zeros((90, 90))), "blank; expected a drawing"),
    ],
)
def test_an_unusable_picture_gives_a_one_line_error(tmp_path, make, message):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(PipelineError, match=rf"\A{path}: {message}.*\Z"):
        read(path)


def test_a_picture_of_other_data_is_scaled_as_a_whole(tmp_path):
    colors = np.random.default_rng(0).integers(256, size=(40, 60, 3), dtype=np.uint8)
    Image.fromarray(colors).save(tmp_path / "a.png")
    gray = np.asarray(Image.fromarray(colors).convert("L"))
    received = read(tmp_path / "a.png", "Fashion-MNIST", (4, 3))
    expected = gray.reshape(4, 10, 3, 20).mean(axis=(1, 3)) / 255
    np.testing.assert_allclose(received, expected)


def test_images_are_written_black_on_white(tmp_path):
    path = tmp_path / "a.png"
    write_pngs({path: np.array([[0.0, 1.0]])}, zoom=1)
    assert np.asarray(Image.open(path).convert("L")).tolist() == [[255, 0]]


def test_an_output_other_than_png_is_not_overwritten(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"the user's")
    with pytest.raises(PipelineError, match=rf"^{path}: .*a \.png file$"):
        write_pngs({tmp_path / "b.png": np.ones((2, 2)), path: np.ones((2, 2))})
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"the user's"]
