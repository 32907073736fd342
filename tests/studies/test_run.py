"""Whole studies of a toy project: real Git, DVC and Dask processes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from studies.toy import ends, make_toy, start, starts, status, until

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR"):
            patch.setenv(name, str(home))
        yield make_toy(tmp_path_factory.mktemp("toy") / "project")


@pytest.fixture(scope="module")
def table(toy, tmp_path_factory):
    """Return the bytes of the toy's table, computed by one worker."""
    signals = tmp_path_factory.mktemp("signals")
    printed = ends(start(toy, signals, "toy", "--workers", "1"))
    assert len(starts(signals)) == 4
    assert "4/4 variant long, seed 2: computed" in printed
    assert "4 points: 4 computed, 0 served, 0 failed" in printed
    return read_table(toy)


def read_table(toy):
    return (toy / "results/studies/toy.csv").read_bytes()


def test_a_table_has_a_row_for_each_point(toy, table):
    rows = pd.read_csv(toy / "results/studies/toy.csv")
    assert list(rows) == [
        *["variant", "train.seed", "train.elbo", "test.elbo", "test.elbo_se"],
        *["test.active_units", "weights_sha256", "message"],
    ]
    assert list(rows["variant"]) == ["short"] * 2 + ["long"] * 2
    assert list(rows["train.seed"]) == [1, 2] * 2
    assert rows["weights_sha256"].nunique() == 4 and rows["message"].isna().all()
    weights = hashlib.sha256(b"weights of seed 2, 3 epochs").hexdigest()
    assert rows["weights_sha256"][3] == weights and rows["test.elbo_se"][3] == 1
    assert rows["train.elbo"][3] == pytest.approx(rows["test.elbo"][3] + 1)
    assert table.endswith(b"\n") and b"\r" not in table
    assert (toy / "results/studies/toy.png").read_bytes()[1:4] == b"PNG"


def test_computed_points_are_served_from_the_cache_and_summarized(toy, table, tmp_path):
    summary = (
        "summary: {metrics: [train.elbo, test.elbo]}\npublished: {metric: test.elbo, "
    )
    summary += "source: others, values: {short: -104.5}}\n"
    study = (toy / "studies/toy.yaml").read_text() + summary
    (toy / "studies/summed.yaml").write_text(study)
    printed = ends(start(toy, tmp_path, "summed", "--workers", "2"))
    assert "4 points: 0 computed, 4 served, 0 failed" in printed
    assert starts(tmp_path) == []
    results = toy / "results/studies"
    assert (results / "summed_runs.csv").read_bytes() == table
    rows = pd.read_csv(results / "summed.csv")
    runs = pd.read_csv(results / "toy.csv").groupby("variant")
    assert list(rows["row"]) == ["short", "long"]
    for metric in ("train.elbo", "test.elbo"):
        mean, sd = runs[metric].mean(), runs[metric].std()
        for name, found in {metric: mean, f"{metric}_sd": sd}.items():
            assert list(rows[name]) == list(found[rows["row"]].round(4))
    assert list(rows["published"].fillna(0)) == [-104.5, 0]
    assert list(rows["train.epochs"]) == [2, 3]
    assert list(rows["train.seed"]) == ["[1, 2]"] * 2
    assert not list((toy / ".state/studies").glob("*[0-9a-f]"))  # no clone is left


def test_verify_compares_recomputed_rows_with_the_table(toy, table, tmp_path):
    elbo = pd.read_csv(toy / "results/studies/toy.csv")["test.elbo"][1]
    changed = table.replace(str(elbo).encode(), b"-3.5")
    (toy / "results/studies/toy.csv").write_bytes(changed)
    options = ["toy", "--verify", "--only", "train.seed=2"]
    printed = ends(start(toy, tmp_path, *options), status=1)
    (toy / "results/studies/toy.csv").write_bytes(table)
    assert sorted(printed.splitlines()) == [
        "toy, variant long, seed 2: equal",
        "toy, variant short, seed 2: differs in test.elbo",
    ]
    assert len(starts(tmp_path)) == 2


def test_an_interrupted_study_leaves_no_process_and_resumes(toy, tmp_path):
    arguments = ["train.seed=7", "train.epochs=3", f"--output={tmp_path}/my.csv"]
    (tmp_path / "hold_7").touch()
    study = start(toy, tmp_path, *arguments)
    (process, *_), *_ = until(lambda: starts(tmp_path))
    printed = ends(start(toy, tmp_path, "toy"), status=1)
    assert printed == "error: another study runs here; wait until it ends\n"
    os.killpg(study.pid, signal.SIGINT)
    printed = ends(study, status=-signal.SIGINT)
    assert printed.splitlines()[-1] == "interrupted"
    until(lambda: status(process)[0] == "Z")
    (tmp_path / "hold_7").unlink()
    ends(start(toy, tmp_path, *arguments))
    assert [(seed, epoch) for _, seed, epoch in starts(tmp_path)] == [(7, 0), (7, 2)]
    (weights,) = pd.read_csv(tmp_path / "my.csv")["weights_sha256"]
    assert weights == hashlib.sha256(b"weights of seed 7, 3 epochs").hexdigest()


def test_a_failed_point_is_a_row_with_its_message(toy, tmp_path):
    grid = ["train.seed=1,13", "train.epochs=2", "model.hidden_units=[4, 2]"]
    output = f"--output={tmp_path}/my.csv"
    printed = ends(start(toy, tmp_path, *grid, output), status=1)
    assert "2 points: 1 computed, 0 served, 1 failed" in printed
    rows = pd.read_csv(tmp_path / "my.csv")
    message = "training diverged: the rate is inf"
    assert list(rows["message"].fillna("")) == ["", message]
    assert rows["test.elbo"].notna().tolist() == [True, False]
    assert rows["model.hidden_units"].tolist() == ["[4, 2]"] * 2


def test_workers_without_shared_disk_make_the_same_table_although_one_is_killed(
    toy, table, tmp_path, monkeypatch
):
    monkeypatch.setenv("SIGNALS", str(tmp_path))
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
        (tmp_path / "hold_2").touch()
        study = start(toy, tmp_path, "toy", "--scheduler", url)
        started = until(lambda: [pid for pid, s, _ in starts(tmp_path) if s == 2])
        time.sleep(0.2)  # it saves its state
        # The session's parent, because some shells add a process in between.
        worker = int(status(os.getsid(started[0]))[1])
        os.kill(worker, signal.SIGKILL)
        until(lambda: status(started[0])[0] == "Z")
        (tmp_path / "hold_2").unlink()
        printed = ends(study)
    assert "4 points: 4 computed" in printed
    # Four points, a retry, and results that were lost with their worker:
    # nothing was served from this machine's cache.
    assert len(starts(tmp_path)) >= 5
    assert read_table(toy) == table
    for name in "ab":
        assert list((tmp_path / name).rglob("studies/cache"))
