"""States round-trip exactly, and each run uses the right state."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import train
from fuzzing import fuzz, mutations
from vae.pipeline.checkpoint import (
    FOLDER,
    MAX_STATES,
    Checkpoint,
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


def after(num_epochs):
    """Return the state after a number of epochs."""
    return State([{"epoch": i + 1.0} for i in range(num_epochs)], STATE.arrays)


def test_a_state_round_trips_exactly(path, capsys):
    assert load_state(path) is None
    save_state(path, STATE)
    state = load_state(path)
    assert state.history == STATE.history
    assert set(state.arrays) == set(STATE.arrays)
    for name, array in STATE.arrays.items():
        np.testing.assert_array_equal(state.arrays[name], array, strict=True)
    assert capsys.readouterr().out == ""


@fuzz
@given(st.data())
def test_a_damaged_state_is_ignored(path, capsys, data):
    save_state(path, STATE)
    good = path.read_bytes()
    content = data.draw(mutations(good))
    path.write_bytes(content)
    assert (load_state(path) is None) == (content != good)
    expected = f"{path}: damaged; training starts anew\n" * (content != good)
    assert capsys.readouterr().out == expected


def test_an_unfinished_run_resumes_after_other_runs():
    for key, num_epochs in [("key", 60), ("other", 60), ("key", 3)]:
        Checkpoint(key, num_epochs).save(after(2))
    Checkpoint("key", 3).finish()
    assert Checkpoint("key", 60).find(extend=False).history == after(2).history


def test_only_a_run_with_more_epochs_resumes_a_finished_run(capsys):
    for num_epochs in (5, 3):  # the longest is kept
        Checkpoint("key", num_epochs).save(after(num_epochs))
        Checkpoint("key", num_epochs).finish()
    assert [path.name for path in FOLDER.iterdir()] == ["key"]
    for num_epochs in (3, 5):  # a repeated run is computed
        assert Checkpoint("key", num_epochs).find(extend=True) is None
    assert capsys.readouterr().out == ""
    assert len(Checkpoint("key", 6).find(extend=True).history) == 5
    assert Checkpoint("key", 6).find(extend=False) is None
    assert capsys.readouterr().out.splitlines() == [
        "continuing after epoch 5 of a finished run",
        "a finished run of 5 epochs cannot be extended, as its learning rate fell to "
        "0; training starts anew",
    ]


def test_old_states_are_deleted_with_finished_ones_first():
    for i in range(MAX_STATES + 1):
        checkpoint = Checkpoint(str(i), 2)
        checkpoint.save(after(1))
        os.utime(checkpoint.unfinished, (i, i))
        if i == 3:
            checkpoint.finish()
    Checkpoint("new", 2).save(after(1))
    kept = sorted(path.name for path in FOLDER.iterdir())
    assert kept == ["1-2", "2-2", "4-2", "5-2", "new-2"]  # without 3 and 0-2


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
