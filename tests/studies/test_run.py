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

import run
from specification import PipelineError
from studies.toy import commit, make_toy, start

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The project; a test that changes it makes its own."""
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


def starts(signals):
    """Process, seed and epoch of each training that has started."""
    path = signals / "starts"
    words = path.read_text().split("\n")[:-1] if path.exists() else []
    return [tuple(map(int, line.split()[::2])) for line in words]


def until(condition, seconds=60):
    """Wait for something that must happen, and return it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, condition
        time.sleep(0.02)
    return found


def parent(process):
    """The process that started a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])


def alive(process):
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def ends(process, status=0):
    """What a study prints, which ends with a status."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == status, output + errors
    assert "Traceback" not in errors, errors
    return output + errors


def clear(folder):
    """Forget what was computed."""
    shutil.rmtree(folder / ".dvc/cache")


@pytest.fixture(scope="module")
def table(toy, tmp_path_factory):
    """The bytes of the toy's table, of one worker; and what was printed."""
    signals = tmp_path_factory.mktemp("signals")
    printed = ends(start(toy, signals, "toy", "--workers", "1"))
    assert len(starts(signals)) == 4
    return (toy / "results/studies/toy.csv").read_bytes(), printed


def test_a_table_has_a_row_for_each_point(toy, table):
    content, printed = table
    rows = pd.read_csv(toy / "results/studies/toy.csv")
    assert list(rows)[:2] == ["variant", "train.seed"]
    assert list(rows["variant"]) == ["short"] * 2 + ["long"] * 2
    assert list(rows["train.seed"]) == [1, 2] * 2
    assert list(rows)[2:] == [
        *["train.elbo", "train.elbo_se", "test.elbo", "test.elbo_se"],
        *["test.active_units", "weights_sha256", "message"],
    ]
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


def test_a_worker_that_is_killed_costs_a_retry(toy, table, signals):
    clear(toy)
    (signals / "hold_2").touch()
    study = start(toy, signals, "toy", "--workers", "2")
    process = until(lambda: [pid for pid, seed, _ in starts(signals) if seed == 2])[0]
    until(lambda: [seed for _, seed, _ in starts(signals) if seed == 1])
    time.sleep(0.2)  # it saves its state
    # Not a fixed number of parents up: some shells put a process of their own between.
    worker = parent(os.getsid(process))
    os.kill(worker, signal.SIGKILL)
    until(lambda: not alive(process))
    (signals / "hold_2").unlink()
    printed = ends(study)
    assert "4 points: 4 computed, 0 served, 0 failed" in printed
    again = [epoch for pid, seed, epoch in starts(signals) if seed == 2]
    assert 2 in again  # it went on, within its training
    assert (toy / "results/studies/toy.csv").read_bytes() == table[0]


def test_an_interrupted_study_leaves_nothing_running_and_goes_on(toy, table, signals):
    clear(toy)
    (signals / "hold_1").touch()
    study = start(toy, signals, "toy", "--workers", "1")
    (process, *_), *_ = until(lambda: starts(signals))
    time.sleep(0.2)
    os.killpg(study.pid, signal.SIGINT)
    output, errors = study.communicate(timeout=60)
    assert study.returncode == 1
    assert errors.splitlines()[-1].startswith("interrupted; the same command goes on")
    assert "Traceback" not in errors
    until(lambda: not alive(process))
    (signals / "hold_1").unlink()
    ends(start(toy, signals, "toy", "--workers", "1"))
    assert (1, 2) in [(seed, epoch) for _, seed, epoch in starts(signals)]
    assert (toy / "results/studies/toy.csv").read_bytes() == table[0]


def test_a_point_that_fails_is_a_row_with_its_message(toy, signals, tmp_path):
    arguments = ["train.seed=1,13", "train.epochs=2", f"--output={tmp_path}/my.csv"]
    printed = ends(start(toy, signals, *arguments), status=1)
    assert "2 points: 0 computed, 1 served, 1 failed" in printed.replace(
        "1 computed, 0 served", "0 computed, 1 served"
    )
    rows = pd.read_csv(tmp_path / "my.csv")
    message = "training diverged: the rate is inf"
    assert list(rows["message"].fillna("")) == ["", message]
    assert rows["test.elbo"].notna().tolist() == [True, False]


def test_an_audit_finds_what_does_not_come_out_the_same(toy, table, signals, tmp_path):
    arguments = ["train.seed=4,5", "--audit", "1", f"--output={tmp_path}/my.csv"]
    printed = ends(start(toy, signals, "train.epochs=2", *arguments))
    assert "different" not in printed and len(starts(signals)) == 4
    (signals / "random").touch()
    printed = ends(start(toy, signals, "train.epochs=3", *arguments), status=1)
    lines = [line for line in printed.splitlines() if "came out different" in line]
    assert len(lines) == 2
    assert lines[0].startswith("epochs 3, seed ") and "model.safetensors" in lines[0]


def test_changes_that_are_not_committed_are_refused(tmp_path, signals):
    project = make_toy(tmp_path / "project")
    (project / "stages/new.py").touch()
    printed = ends(start(project, signals, "toy"), status=1)
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
    monkeypatch.setattr("run.ROOT", shallow)
    with pytest.raises(PipelineError, match="first: git fetch --unshallow$"):
        run.make_bundle()
    monkeypatch.setattr("run.ROOT", toy)
    assert run.make_bundle().startswith(b"# v2 git bundle")


def test_a_scheduler_that_is_not_there_is_one_line(toy, signals):
    address = "tcp://127.0.0.1:9"
    printed = ends(start(toy, signals, "toy", "--scheduler", address), status=1)
    assert printed.startswith(f"error: {address}: no scheduler answers (")
    assert len(printed.splitlines()) == 1


def test_workers_that_share_nothing_fill_the_same_table(
    toy, table, signals, tmp_path, monkeypatch
):
    monkeypatch.setenv("SIGNALS", str(signals))
    dask = str(Path(sys.executable).with_name("dask"))
    with ExitStack() as stack:

        def launch(*arguments):
            process = subprocess.Popen(
                [dask, *arguments],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=tmp_path,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)

        address = tmp_path / "scheduler.json"
        launch("scheduler", "--port=0", "--no-dashboard", f"--scheduler-file={address}")
        until(address.exists)
        for name in "ab":
            own = ["--nthreads=1", f"--local-directory={tmp_path / name}"]
            launch("worker", f"--scheduler-file={address}", "--no-dashboard", *own)
        url = until(lambda: _address(address))
        printed = ends(start(toy, signals, "toy", "--scheduler", url, "--audit=0.5"))
    assert "4 points: 4 computed" in printed and "different" not in printed
    assert len(starts(signals)) == 6  # nothing was served from this machine's cache
    assert (toy / "results/studies/toy.csv").read_bytes() == table[0]
    for name in "ab":
        assert list((tmp_path / name).rglob("studies/cache"))


def _address(path):
    content = path.read_text()
    return content and json.loads(content)["address"]


def test_another_environment_than_the_locks_is_one_line(tmp_path, signals):
    project = make_toy(tmp_path / "project")
    (project / "requirements.txt").write_text("dvc==1.2.3 \\\n    --hash=sha256:0\n")
    commit(project)
    arguments = ["train.seed=1", f"--output={tmp_path}/my.csv"]
    printed = ends(start(project, signals, *arguments), status=1)
    assert "expected ==1.2.3 of requirements.txt; set up its environment" in printed
    assert starts(signals) == []
