import os
import sys

import numpy as np
import pytest

import train
from vae.checkpoint import State, fingerprint, load_state, save_state

HISTORY = [{"epoch": 1, "train_elbo": -0.1 - 0.2}]
ARRAYS = {
    "kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "iterations": np.array(7, np.int64),
}
STATE = State(HISTORY, ARRAYS)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / ".state" / "train"
    save_state(path, "key", STATE)
    return path


def test_a_state_comes_back_to_the_bit(path, capsys):
    state = load_state(path, "key", ARRAYS)
    assert state.history == HISTORY
    assert set(state.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(state.arrays[name], array)
        assert state.arrays[name].dtype == array.dtype
    assert capsys.readouterr().out == ""


def test_without_a_file_there_is_no_state(path, capsys):
    path.unlink()
    assert load_state(path, "key", ARRAYS) is None
    assert capsys.readouterr().out == ""


def test_a_state_of_another_configuration_is_not_used(path, capsys):
    assert load_state(path, "another", ARRAYS) is None
    assert "of another configuration; training starts anew" in capsys.readouterr().out


@pytest.mark.parametrize("where", [0, 31, 32, 40, -1])
def test_a_flipped_byte_is_noticed(path, capsys, where):
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    assert load_state(path, "key", ARRAYS) is None
    assert "damaged; training starts anew" in capsys.readouterr().out


@pytest.mark.parametrize("size", [0, 10, 32, 100])
def test_a_cut_file_is_noticed(path, capsys, size):
    path.write_bytes(path.read_bytes()[:size])
    assert load_state(path, "key", ARRAYS) is None
    assert "damaged; training starts anew" in capsys.readouterr().out


def test_what_is_no_file_is_noticed(path, capsys):
    path.unlink()
    os.mkfifo(path)  # to read it would wait for a writer
    assert load_state(path, "key", ARRAYS) is None
    assert "damaged; training starts anew" in capsys.readouterr().out


def test_the_fingerprint_is_of_parameters_data_and_code(monkeypatch):
    first = fingerprint({"a": 1, "b": 2}, b"data")
    assert fingerprint({"b": 2, "a": 1}, b"data") == first
    assert fingerprint({"a": 1, "b": 3}, b"data") != first
    assert fingerprint({"a": 1, "b": 2}, b"Data") != first
    monkeypatch.setattr("vae.checkpoint.version", lambda package: "0")
    assert fingerprint({"a": 1, "b": 2}, b"data") != first
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, train.__name__)
    assert fingerprint({"a": 1, "b": 2}, b"data") != first


def test_a_state_of_other_arrays_is_noticed(path, capsys):
    assert load_state(path, "key", ARRAYS).history == HISTORY
    assert capsys.readouterr().out == ""
    others = [
        ARRAYS | {"kernel": np.zeros([3, 2], np.float32)},
        ARRAYS | {"kernel": np.zeros([2, 3])},
        ARRAYS | {"bias": np.zeros(3)},
        {"kernel": ARRAYS["kernel"]},
    ]
    for like in others:
        assert load_state(path, "key", like) is None
        assert "damaged; training starts anew" in capsys.readouterr().out


def test_a_state_that_cannot_be_read_is_an_error(path):
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        load_state(path, "key", ARRAYS)
