"""States round-trip exactly, and each run uses the right state."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import train
from vae.pipeline.checkpoint import (
    MAX_STATES,
    State,
    fingerprint,
    load_state,
    save_state,
)

STATE = State(
    history=[{"epoch": 1, "train_elbo": -0.1 - 0.2}],
    arrays={
        "kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "iterations": np.array(7, np.int64),
    },
)


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path("state")


def test_a_state_round_trips_exactly(path, capsys):
    assert load_state(path) is None
    save_state(path, STATE)
    state = load_state(path)
    assert state.history == STATE.history
    assert set(state.arrays) == set(STATE.arrays)
    for name, array in STATE.arrays.items():
        np.testing.assert_array_equal(state.arrays[name], array, strict=True)
    assert capsys.readouterr().out == ""


def test_a_damaged_state_is_ignored(path, capsys):
    save_state(path, STATE)
    good = path.read_bytes()
    for content in (b"", good[:-1], good[:40] + b"?" + good[41:]):
        path.write_bytes(content)
        assert load_state(path) is None
        expected = f"{path}: damaged; training starts anew\n"
        assert capsys.readouterr().out == expected


def test_the_latest_states_are_kept(path):
    for i in range(MAX_STATES + 2):
        save_state(path.with_name(f"state{i}"), STATE)
        os.utime(f"state{i}", (i, i))
    save_state(path, STATE)
    kept = sorted(path.name for path in Path().iterdir())
    assert kept == ["state", "state3", "state4", "state5", "state6"]


def test_the_fingerprint_depends_on_parameters_data_packages_and_code(monkeypatch):
    ours = {k: m for k, m in sys.modules.items() if k.startswith(("train", "vae"))}
    modules = SimpleNamespace(modules=ours)  # few, to be quick
    monkeypatch.setattr("vae.pipeline.checkpoint.sys", modules)
    params = {"a": 1, "b": 2}
    first = fingerprint(params, "data")
    assert fingerprint({"b": 2, "a": 1}, "data") == first
    assert fingerprint({"a": 1, "b": 3}, "data") != first
    assert fingerprint(params, "Data") != first
    with monkeypatch.context() as patch:
        patch.setattr("vae.pipeline.checkpoint.version", lambda package: "0")
        assert fingerprint(params, "data") != first
    del ours[train.__name__]
    assert fingerprint(params, "data") != first
