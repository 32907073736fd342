"""Whole studies of a toy project: real Git, DVC and Dask processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

import checkout
from studies.toy import (
    commit,
    ended,
    ends,
    make_toy,
    start,
    starts,
    state_and_parent,
    until,
)
from vae.pipeline.errors import PipelineError

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The project; a test that commits to it makes its own."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR"):
            patch.setenv(name, str(home))
        yield make_toy(tmp_path_factory.mktemp("toy") / "project")


@pytest.fixture
def signals(tmp_path):
    folder = tmp_path / "signals"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def table(toy, tmp_path_factory):
    """The bytes of the toy's table, of one worker; and what was printed."""
    signals = tmp_path_factory.mktemp("signals")
    printed = ends(start(toy, signals, "toy", "--workers", "1"))
    assert len(starts(signals)) == 4
    return read_table(toy), printed


def read_table(toy):
    return (toy / "results/studies/toy.csv").read_bytes()


def test_a_table_has_a_row_for_each_point(toy, table):
    content, printed = table
    rows = pd.read_csv(toy / "results/studies/toy.csv")
    assert list(rows) == [
        *["variant", "train.seed", "train.elbo", "train.elbo_se", "test.elbo"],
        *["test.elbo_se", "test.active_units", "weights_sha256", "message"],
    ]
    assert list(rows["variant"]) == ["short"] * 2 + ["long"] * 2
    assert list(rows["train.seed"]) == [1, 2] * 2
    assert rows["weights_sha256"].nunique() == 4 and rows["message"].isna().all()
    assert content.endswith(b"\n") and b"\r" not in content
    assert "4/4 variant long, seed 2: computed" in printed
    assert "4 points: 4 computed, 0 served, 0 failed" in printed
    assert (toy / "results/studies/toy.png").read_bytes()[1:4] == b"PNG"


def test_what_was_computed_is_served_to_any_number_of_workers_and_summed_up(
    toy, table, signals
):
    summary = "summary: {metric: test.elbo, published: {short: -104.5}}\n"
    study = (toy / "studies/toy.yaml").read_text() + summary
    (toy / "studies/summed.yaml").write_text(study)
    printed = ends(start(toy, signals, "summed", "--workers", "2"))
    assert "4 points: 0 computed, 4 served, 0 failed" in printed
    assert starts(signals) == []
    results = toy / "results/studies"
    assert (results / "summed_runs.csv").read_bytes() == table[0]
    rows = pd.read_csv(results / "summed.csv")
    elbos = pd.read_csv(results / "toy.csv").groupby("variant")["test.elbo"]
    assert list(rows["row"]) == ["short", "long"]
    assert list(rows["mean"]) == [round(elbos.get_group(v).mean(), 4) for v in rows.row]
    assert list(rows["published"].dropna()) == [-104.5]
    assert not list((toy / ".state/studies").glob("*[0-9a-f]"))  # no clone is left


def test_rows_are_computed_anew_and_held_against_the_table(toy, table, signals):
    content, elbo = table[0].decode(), pd.read_csv(toy / "results/studies/toy.csv")
    changed = content.replace(str(elbo["test.elbo"][1]), "-3.5")
    (toy / "results/studies/toy.csv").write_text(changed)
    options = ["toy", "--only", "train.seed=2"]
    printed = ends(start(toy, signals, *options, script="recompute"), status=1)
    (toy / "results/studies/toy.csv").write_bytes(table[0])
    assert sorted(printed.splitlines()) == [
        "toy, variant long, seed 2: equal",
        "toy, variant short, seed 2: differs in test.elbo",
    ]
    assert len(starts(signals)) == 2


def test_an_interrupted_study_leaves_nothing_running_and_goes_on(toy, table, signals):
    shutil.rmtree(toy / ".dvc/cache")
    (signals / "hold_1").touch()
    study = start(toy, signals, "toy", "--workers", "1")
    (process, *_), *_ = until(lambda: starts(signals))
    time.sleep(0.2)
    os.killpg(study.pid, signal.SIGINT)
    printed = ends(study, status=1)
    assert printed.splitlines()[-1].startswith("interrupted; the same command goes on")
    until(lambda: ended(process))
    (signals / "hold_1").unlink()
    ends(start(toy, signals, "toy", "--workers", "1"))
    assert (1, 2) in [(seed, epoch) for _, seed, epoch in starts(signals)]
    assert read_table(toy) == table[0]


def test_a_point_that_fails_is_a_row_with_its_message(toy, signals, tmp_path):
    arguments = ["train.seed=6,13", "train.epochs=2", f"--output={tmp_path}/my.csv"]
    printed = ends(start(toy, signals, *arguments), status=1)
    assert "2 points: 1 computed, 0 served, 1 failed" in printed
    rows = pd.read_csv(tmp_path / "my.csv")
    message = "training diverged: the rate is inf"
    assert list(rows["message"].fillna("")) == ["", message]
    assert rows["test.elbo"].notna().tolist() == [True, False]


def test_an_audit_finds_what_does_not_come_out_the_same(toy, signals, tmp_path):
    arguments = ["train.seed=4,5", "--audit", "1", f"--output={tmp_path}/my.csv"]
    printed = ends(start(toy, signals, "train.epochs=2", *arguments))
    assert "different" not in printed and len(starts(signals)) == 4
    (signals / "random").touch()
    printed = ends(start(toy, signals, "train.epochs=3", *arguments), status=1)
    lines = [line for line in printed.splitlines() if "came out different" in line]
    assert len(lines) == 2
    assert lines[0].startswith("epochs 3, seed ") and "model.safetensors" in lines[0]


def test_changes_that_are_not_committed_are_refused(toy, signals):
    (toy / "stages/new.py").touch()
    printed = ends(start(toy, signals, "toy"), status=1)
    (toy / "stages/new.py").unlink()
    assert printed == (
        "error: stages/new.py: changed, and a study runs what is committed; "
        "commit or stash it\n"
    )


def test_of_two_studies_at_once_the_second_is_refused(toy, signals, tmp_path):
    (signals / "hold_21").touch()
    arguments = ["train.seed=21", "train.epochs=2", f"--output={tmp_path}/my.csv"]
    first = start(toy, signals, *arguments)
    until(lambda: starts(signals))
    printed = ends(start(toy, signals, "toy"), status=1)
    assert printed == "error: another study runs here; wait for its end\n"
    (signals / "hold_21").unlink()
    ends(first)


def test_a_shallow_clone_serves_workers_here_alone(toy, signals, tmp_path, monkeypatch):
    shallow = tmp_path / "shallow"
    depth = ["git", "clone", "--quiet", "--depth=1", f"file://{toy}", shallow]
    commit(toy)  # so that there is a history to leave out
    subprocess.run(depth, check=True)
    arguments = ["train.seed=31", "train.epochs=1", f"--output={tmp_path}/my.csv"]
    ends(start(shallow, signals, *arguments))
    monkeypatch.setattr(checkout, "ROOT", shallow)
    with pytest.raises(PipelineError, match="first: git fetch --unshallow$"):
        checkout.make_bundle()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scheduler", "tcp://127.0.0.1:9"], "tcp://127.0.0.1:9: no scheduler answe"),
        (["--audit", "2"], "--audit: received 2.0; allowed: 0 to 1"),
        (["--workers", "0"], "--workers: received 0; expected 1 or more"),
    ],
)
def test_options_that_cannot_be_met_are_one_line(toy, signals, options, message):
    printed = ends(start(toy, signals, "toy", *options), status=1)
    assert printed.startswith(f"error: {message}")
    assert len(printed.splitlines()) == 1


def test_workers_that_share_nothing_fill_the_same_table_though_one_is_killed(
    toy, table, signals, tmp_path, monkeypatch
):
    monkeypatch.setenv("SIGNALS", str(signals))
    dask = str(Path(sys.executable).with_name("dask"))
    with ExitStack() as stack:

        def launch(*arguments):
            output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen([dask, *arguments], cwd=tmp_path, **output)
            stack.callback(process.wait)
            stack.callback(process.terminate)

        file = tmp_path / "scheduler.json"
        launch("scheduler", "--port=0", "--no-dashboard", f"--scheduler-file={file}")
        until(lambda: file.exists() and file.read_text())
        for name in "ab":
            own = ["--nthreads=1", f"--local-directory={tmp_path / name}"]
            launch("worker", f"--scheduler-file={file}", "--no-dashboard", *own)
        url = json.loads(file.read_text())["address"]
        (signals / "hold_2").touch()
        study = start(toy, signals, "toy", "--scheduler", url, "--audit=0.5")
        started = until(lambda: [pid for pid, s, _ in starts(signals) if s == 2])
        time.sleep(0.2)  # it saves its state
        # Not so many parents up: some shells put a process of their own between.
        _, worker = state_and_parent(os.getsid(started[0]))
        os.kill(worker, signal.SIGKILL)
        until(lambda: ended(started[0]))
        (signals / "hold_2").unlink()
        printed = ends(study)
    assert "4 points: 4 computed" in printed and "different" not in printed
    # Four, two audits and a retry: nothing was served from this machine's cache.
    assert len(starts(signals)) == 7
    assert read_table(toy) == table[0]
    for name in "ab":
        assert list((tmp_path / name).rglob("studies/cache"))
