"""Files of arrays: round trips, fixed bytes, and damage."""

import hashlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from hypothesis.extra.numpy import arrays as any_array

from fuzzing import fuzz, mutations
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


dtypes = st.sampled_from([np.uint8, np.float32, np.int64, np.bool_])
shapes = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)


@settings(fuzz, max_examples=20)
@given(st.dictionaries(st.sampled_from("abc"), any_array(dtypes, shapes)))
def test_any_arrays_round_trip(tmp_path, expected):
    by_columns = {name: np.asarray(a, order="F") for name, a in expected.items()}
    for arrays in (expected, by_columns):
        assert_same(read(tmp_path / "a.npz", pack_arrays(arrays)), expected)


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


@fuzz
@given(mutations(GOOD))
def test_damage_gives_an_error_or_changes_no_array(tmp_path, content):
    path = tmp_path / "file.npz"
    try:
        arrays = read(path, content)
    except PipelineError as error:
        assert str(error).startswith(f"{path}: damaged (")
        assert str(error).endswith("; make it with: dvc repro train")
        assert len(str(error).splitlines()) == 1
    else:
        assert_same(arrays, ARRAYS)
