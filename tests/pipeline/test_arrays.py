"""Files of arrays: round trips, checks of the arrays, and damage."""

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
from vae.pipeline.arrays import (
    FACTORS,
    LATENTS,
    MANIFOLD,
    POSTERIORS,
    TRAVERSALS,
    pack_arrays,
    read_arrays,
    read_latents,
)
from vae.pipeline.errors import PipelineError

RNG = np.random.default_rng(0)
ARRAYS = {
    "labels": np.arange(5, dtype=np.uint8),
    "images": RNG.integers(256, size=(5, 28, 30), dtype=np.uint8),
    "loc": RNG.normal(size=(5, 2)).astype(np.float32),
}
EXPECTED = {"images": "uint8 images height width", "labels": "uint8 images"}
GOOD = pack_arrays(ARRAYS)


def read(path, content, expected=EXPECTED):
    path.write_bytes(content)
    return read_arrays(path, expected, made_by="train")


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
        assert_same(read(tmp_path / "a.npz", pack_arrays(arrays), {}), expected)


def test_the_bytes_do_not_depend_on_the_python_version():
    """They use zip headers for small files; `np.savez` depends on Python's version."""
    arrays = {"name": np.array("Tiny"), "labels": np.arange(5, dtype=np.uint8)}
    content = pack_arrays(arrays)
    assert hashlib.sha256(content).hexdigest() == (
        "20b86f0b5d58e3396ee2286e63266a2985c47c27c389f63e940cb0562f1c34b2"
    )
    with np.load(io.BytesIO(content)) as received:
        assert_same(dict(received), arrays)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "no array labels"),
        (np.zeros(5, int), "labels is int64 of shape (5,), expected uint8 images"),
        (np.zeros((5, 1), "u1"), "labels is uint8 of shape (5, 1), expected uint8 im"),
        (np.zeros(4, "u1"), "labels has 4 along images, expected 5 as before"),
    ],
)
def test_an_unexpected_array_is_named(tmp_path, labels, message):
    read(tmp_path / "file.npz", GOOD)  # an extra array is allowed
    arrays = {"images": ARRAYS["images"]}
    if labels is not None:
        arrays["labels"] = labels
    with pytest.raises(PipelineError) as error:
        read(tmp_path / "file.npz", pack_arrays(arrays))
    assert f"file.npz: damaged ({message}" in str(error.value)


def latents(**lengths):
    """Return arrays of `evaluate` with these lengths of axes, and 2 of others."""
    arrays = {}
    for name, form in (LATENTS | MANIFOLD | POSTERIORS | TRAVERSALS | FACTORS).items():
        kind, *axes = form.split()
        shape = [lengths.get(axis, 2) for axis in axes]
        arrays[name] = np.ones(shape, "u1").astype("u1" if kind == "integer" else kind)
    return arrays | {"image_shape": np.array([1, 2]), "prior_loc": arrays["loc"] * 0}


@pytest.mark.parametrize(
    ("latent_dim", "others"),
    [(1, {}), (2, MANIFOLD | POSTERIORS), (3, TRAVERSALS)],
)
def test_each_array_that_figures_of_a_model_need_is_checked(
    tmp_path, latent_dim, others
):
    path, arrays = tmp_path / "file.npz", latents(latent=latent_dim)
    factors = {name: arrays.pop(name) for name in FACTORS}
    path.write_bytes(pack_arrays(arrays))
    assert set(read_latents(path)) == {*LATENTS, *others}
    for name in (*LATENTS, *others):
        kept = {key: array for key, array in arrays.items() if key != name}
        for wrong in (kept, kept | {name: arrays[name][None]}):
            path.write_bytes(pack_arrays(wrong))
            with pytest.raises(PipelineError, match=rf"damaged \((no array )?{name}"):
                read_latents(path)
    path.write_bytes(pack_arrays(arrays | factors))
    assert set(read_latents(path)) == {*LATENTS, *others, *FACTORS}
    wrong = {"factor_mean": factors["factor_mean"][1:]}
    path.write_bytes(pack_arrays(arrays | factors | wrong))
    with pytest.raises(PipelineError, match="factor_mean has 1 along factors, expect"):
        read_latents(path)
    path.write_bytes(pack_arrays(arrays | {"image_shape": np.array([2, 2])}))
    with pytest.raises(PipelineError, match="image_shape is not that of samples"):
        read_latents(path)


class Print:
    def __reduce__(self):
        return print, ("a pickle was executed",)


PICKLE = io.BytesIO()
np.savez(PICKLE, **ARRAYS, a=np.array([Print()]))
DIRECTORY = GOOD.index(b"PK\1\2")  # where the directory of the zip file starts


def with_byte(index, byte):
    return GOOD[:index] + bytes([byte]) + GOOD[index + 1 :]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD.replace(b" 30)", b" 20)"), id="a shorter shape"),
        pytest.param(with_byte(GOOD.index(b"NUMPY") + 129, 255), id="data"),
        pytest.param(with_byte(DIRECTORY + 6, 99), id="version"),
        pytest.param(with_byte(DIRECTORY + 8, 1), id="encrypted"),
        pytest.param(pickle.dumps(Print()), id="another format"),
        pytest.param(PICKLE.getvalue(), id="a pickle"),
    ],
)
def test_a_damaged_file_gives_an_error_with_its_path(tmp_path, capfd, content):
    message = r"file.npz: damaged \(.*; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=message):
        read(tmp_path / "file.npz", content)
    assert capfd.readouterr().out == ""


@fuzz
@given(mutations(GOOD) | flips(GOOD))
def test_damage_gives_an_error_or_changes_no_array(tmp_path, content):
    path = tmp_path / "file.npz"
    try:
        arrays = read(path, content)
    except PipelineError as error:
        assert str(error).startswith(f"{path}: damaged (")
        assert len(str(error).splitlines()) == 1
    else:
        for name in EXPECTED:
            np.testing.assert_array_equal(arrays[name], ARRAYS[name], strict=True)
