"""A state comes back to the bit, and no other is used."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import train
from fuzzing import flips, fuzz, mutations
from vae.pipeline.checkpoint import State, fingerprint, load_state, save_state

STATE = State(
    history=[{"epoch": 1, "train_elbo": -0.1 - 0.2}],
    arrays={
        "kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "iterations": np.array(7, np.int64),
    },
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / ".state" / "train"
    save_state(path, "key", STATE)
    return path


def test_a_state_comes_back_to_the_bit_and_no_other_is_used(path, capsys):
    state = load_state(path, "key")
    assert state.history == STATE.history
    assert set(state.arrays) == set(STATE.arrays)
    for name, array in STATE.arrays.items():
        np.testing.assert_array_equal(state.arrays[name], array, strict=True)
    assert capsys.readouterr().out == ""
    assert load_state(path, "another") is None
    expected = f"{path}: of another configuration; training starts anew\n"
    assert capsys.readouterr().out == expected
    path.unlink()
    assert load_state(path, "key") is None
    assert capsys.readouterr().out == ""


@fuzz
@given(st.data())
def test_damage_is_noticed(path, capsys, data):
    save_state(path, "key", STATE)
    good = path.read_bytes()
    content = data.draw(mutations(good) | flips(good))
    path.write_bytes(content)
    assert (load_state(path, "key") is None) == (content != good)
    expected = f"{path}: damaged; training starts anew\n" * (content != good)
    assert capsys.readouterr().out == expected


def test_the_fingerprint_is_of_parameters_data_packages_and_code(monkeypatch):
    params = {"a": 1, "b": 2}
    first = fingerprint(params, "data")
    assert fingerprint({"b": 2, "a": 1}, "data") == first
    assert fingerprint({"a": 1, "b": 3}, "data") != first
    assert fingerprint(params, "Data") != first
    with monkeypatch.context() as patch:
        patch.setattr("vae.pipeline.checkpoint.version", lambda package: "0")
        assert fingerprint(params, "data") != first
    monkeypatch.delitem(sys.modules, train.__name__)
    assert fingerprint(params, "data") != first
