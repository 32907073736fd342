"""Arrays come back, are checked against what is expected, and damage is named."""

import hashlib
import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from hypothesis.extra.numpy import arrays as any_array

from fuzzing import flips, fuzz, mutations
from vae.pipeline.arrays import check_arrays, pack_arrays, read_arrays
from vae.pipeline.errors import PipelineError

RNG = np.random.default_rng(0)
ARRAYS = {
    "labels": np.arange(5, dtype=np.uint8),
    "images": RNG.integers(256, size=(5, 28, 30), dtype=np.uint8),
    "loc": RNG.normal(size=(5, 2)).astype(np.float32),
}
EXPECTED = {"images": "uint8 images height width", "labels": "uint8 images"}


def write(path, arrays):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pack_arrays(arrays))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "folder" / "file.npz"
    write(path, ARRAYS)
    return path


def read(path):
    return read_arrays(path, EXPECTED, made_by="train")


def assert_same(received, expected):
    assert list(received) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(received[name], array, strict=True)


def test_arrays_come_back(path):
    assert_same(read(path), ARRAYS)


@settings(fuzz, max_examples=20)
@given(
    st.dictionaries(
        st.sampled_from("abc"),
        any_array(
            st.sampled_from([np.uint8, np.float32, np.int64, np.bool_]),
            array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
        ),
    ),
    st.booleans(),
)
def test_any_arrays_come_back(tmp_path, expected, by_columns):
    if by_columns:
        expected = {name: np.asfortranarray(a) for name, a in expected.items()}
    write(tmp_path / "a.npz", expected)
    assert_same(read_arrays(tmp_path / "a.npz", {}, made_by="train"), expected)


def test_bytes_depend_on_content_alone(path):
    other = path.with_name("other.npz")
    write(other, {name: array.copy() for name, array in ARRAYS.items()})
    assert other.read_bytes() == path.read_bytes()


def test_a_missing_file_is_named_with_the_stage_that_makes_it(path):
    path.unlink()
    message = "file.npz: no such file; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=message):
        read(path)


def test_a_file_that_may_not_be_read_is_not_called_damaged(path, monkeypatch):
    def forbid(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", forbid)
    with pytest.raises(PermissionError):
        read(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": None}, "no array labels"),
        (
            {"images": np.zeros((5, 28, 30), np.float32)},
            r"images is float32 of shape \(5, 28, 30\), "
            "expected uint8 images height width",
        ),
        (
            {"labels": np.zeros(5, np.int64)},
            r"labels is int64 of shape \(5,\), expected uint8 images",
        ),
        (
            {"images": np.zeros((5, 840), np.uint8)},
            r"images is uint8 of shape \(5, 840\), expected uint8 images height width",
        ),
        (
            {"labels": np.zeros((5, 1), np.uint8)},
            r"labels is uint8 of shape \(5, 1\), expected uint8 images",
        ),
        (
            {"labels": np.zeros(4, np.uint8)},
            "labels has 4 along images, expected 5 as before",
        ),
    ],
)
def test_an_array_that_is_not_as_expected_is_named(path, change, message):
    arrays = {n: a for n, a in (ARRAYS | change).items() if a is not None}
    write(path, arrays)
    with pytest.raises(
        PipelineError, match=rf"damaged \({message}\); make it with: dvc repro train$"
    ):
        read(path)


def test_images_of_another_size_are_named():
    images = {
        "train_images": np.zeros((3, 28, 28), np.uint8),
        "test_images": np.zeros((4, 28, 27), np.uint8),
    }
    expected = {
        "train_images": "uint8 train height width",
        "test_images": "uint8 test height width",
    }
    with pytest.raises(ValueError, match="^test_images has 27 along width, .*28"):
        check_arrays(images, expected)
    images["test_images"] = np.zeros((4, 28, 28), np.uint8)
    check_arrays(images, expected)


def test_arrays_beyond_the_expected_are_no_mistake():
    check_arrays(ARRAYS, {})


def test_the_bytes_are_those_of_any_python():
    """With headers of small files, as `np.savez` leaves the choice to the version."""
    arrays = {"name": np.array("Tiny"), "labels": np.arange(5, dtype=np.uint8)}
    content = pack_arrays(arrays)
    assert hashlib.sha256(content).hexdigest() == (
        "20b86f0b5d58e3396ee2286e63266a2985c47c27c389f63e940cb0562f1c34b2"
    )
    with np.load(io.BytesIO(content)) as received:
        assert_same(dict(received), arrays)


class Print:
    def __reduce__(self):
        return print, ("a pickle was executed",)


def with_byte(content, place, byte):
    return content[:place] + bytes([byte]) + content[place + 1 :]


def npz(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


DIRECTORY = b"PK\1\2"  # where the zip file's own directory starts


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda c: c[:-90], id="cut"),
        pytest.param(lambda c: c[:4] + c[5:], id="a byte is missing"),
        pytest.param(lambda c: b"", id="empty"),
        pytest.param(lambda c: c.replace(b" 30)", b" 20)"), id="a shorter shape"),
        pytest.param(lambda c: with_byte(c, c.index(b"NUMPY") + 129, 255), id="data"),
        pytest.param(lambda c: with_byte(c, c.index(DIRECTORY) + 6, 99), id="version"),
        pytest.param(lambda c: with_byte(c, c.index(DIRECTORY) + 8, 1), id="encrypted"),
        pytest.param(lambda c: pickle.dumps(Print()), id="another format"),
        pytest.param(lambda c: npz(**ARRAYS, a=np.array([Print()])), id="a pickle"),
    ],
)
def test_a_damaged_file_is_named(path, capfd, damage):
    content = damage(path.read_bytes())
    assert content != path.read_bytes()
    path.write_bytes(content)
    message = r"file.npz: damaged \(.*; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=message):
        read(path)
    assert capfd.readouterr().out == ""


@fuzz
@given(st.data())
def test_damage_is_refused_or_changes_no_array(path, data):
    write(path, ARRAYS)
    good = path.read_bytes()
    path.write_bytes(data.draw(st.binary(max_size=64) | mutations(good) | flips(good)))
    try:
        arrays = read(path)
    except PipelineError as error:
        assert str(error).startswith(f"{path}: damaged (")
        assert len(str(error).splitlines()) == 1
    else:
        for name in EXPECTED:
            np.testing.assert_array_equal(arrays[name], ARRAYS[name], strict=True)
