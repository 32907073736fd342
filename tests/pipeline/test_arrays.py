"""Files of arrays: round trips, fixed bytes, and damage."""

import hashlib
import io
import re

import numpy as np
import pytest

from vae.pipeline.arrays import pack_arrays, read_arrays
from vae.pipeline.errors import PipelineError

ARRAYS = {
    "labels": np.arange(5, dtype=np.uint8),
    "images": np.random.default_rng(0).integers(256, size=(5, 28, 30), dtype=np.uint8),
}
GOOD = pack_arrays(ARRAYS)


def read(path, content):
    path.write_bytes(content)
    return read_arrays(path, made_by="train")


def assert_same(received, expected):
    assert list(received) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(received[name], array, strict=True)


def test_arrays_of_any_type_and_order_come_back(tmp_path):
    others = {"flag": np.array(True), "none": np.zeros([0, 2]), "text": np.array("é")}
    arrays = {**ARRAYS, **others, "columns": np.asfortranarray(ARRAYS["images"])}
    assert_same(read(tmp_path / "a.npz", pack_arrays(arrays)), arrays)


def test_the_bytes_do_not_depend_on_the_python_version():
    """They use zip headers for small files; `np.savez` depends on Python's version."""
    arrays = {"name": np.array("Tiny"), "labels": np.arange(5, dtype=np.uint8)}
    content = pack_arrays(arrays)
    assert hashlib.sha256(content).hexdigest() == (
        "20b86f0b5d58e3396ee2286e63266a2985c47c27c389f63e940cb0562f1c34b2"
    )
    with np.load(io.BytesIO(content)) as received:
        assert_same(dict(received), arrays)


def test_a_pickle_is_not_executed(tmp_path):
    content = io.BytesIO()
    np.savez(content, a=np.array([object()]))
    with pytest.raises(PipelineError, match="damaged .*allow_pickle"):
        read(tmp_path / "file.npz", content.getvalue())


@pytest.mark.parametrize("bit", range(0, 8 * 400, 53))  # of a header and an array
def test_a_flipped_bit_gives_an_error_or_changes_no_array(tmp_path, bit):
    path, content = tmp_path / "file.npz", bytearray(GOOD)
    content[bit // 8] ^= 1 << bit % 8
    try:
        arrays = read(path, content)
    except PipelineError as error:
        expected = rf"{path}: damaged \(.*\); make it with: dvc repro train"
        assert re.fullmatch(expected, str(error))
    else:
        assert_same(arrays, ARRAYS)
