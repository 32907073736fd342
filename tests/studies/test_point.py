"""A run on a worker: its packages, its commands, what it reads. See `test_run.py`."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dask
import numpy
import pytest

import clones
import point
from point import PointError, check_packages, folder_name, read_results, run


def test_packages_that_the_lock_has_are_taken():
    check_packages(
        f"# a comment\nnumpy=={numpy.__version__} \\\n    --hash=sha256:0\n    # x\n"
        'no-such-package==1 ; sys_platform == "other" \\\n    --hash=sha256:0\n'
    )


@pytest.mark.parametrize("line", ["numpy==0.1", "no-such-package==1"])
def test_another_package_is_named_with_what_is_expected(line):
    name, version = line.split("==")
    with pytest.raises(PointError, match=f"has {name} .*, expected =={version} of"):
        check_packages(f"{line} \\\n    --hash=sha256:0\n")


def test_a_command_has_this_environment_but_for_what_dask_sets(tmp_path, monkeypatch):
    name, *_ = dask.config.get("distributed.nanny.pre-spawn-environ")
    monkeypatch.setenv(name, "65536")
    monkeypatch.setenv("OF_THE_USER", "1")
    printed = run(tmp_path, "sh", "-c", f"echo ${{{name}-}} ${{OF_THE_USER-}}")
    assert printed == "1\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo a; echo error: b >&2; echo ERROR: c", "b"),
        ("echo a; echo; echo b; echo", "b"),
        ("", "no reason was given"),
    ],
)
def test_a_command_that_fails_says_why(tmp_path, script, reason):
    with pytest.raises(PointError, match=f"^{reason}$"):
        run(tmp_path, "sh", "-c", f"{script}\nexit 3")


def test_a_command_ends_with_the_process_that_waits_for_it(tmp_path):
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import point, pathlib\n"
        "point.run(pathlib.Path(), 'sh', '-c', 'echo $$ > pid; sleep 100; true')"
    )
    folders = [Path(module.__file__).parent for module in (clones, point)]
    waiting = subprocess.Popen([sys.executable, "-c", code, *folders], cwd=tmp_path)
    path = tmp_path / "pid"
    while not (path.exists() and path.read_text().strip()):
        assert waiting.poll() is None
        time.sleep(0.01)
    group = os.getpgid(int(path.read_text()))
    assert group != os.getpgid(waiting.pid)
    waiting.send_signal(signal.SIGKILL)
    waiting.wait()
    end = time.monotonic() + 20
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.01)


def test_data_are_prepared_for_one_clone_at_a_time(tmp_path, monkeypatch):
    def run(folder, *command):
        ran.append((folder, *command))
        with (tmp_path / "data.lock").open("w") as another, pytest.raises(OSError):
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)

    ran = []
    monkeypatch.setattr(point, "run", run)
    for _ in range(2):
        point.prepare_data(tmp_path / "clone", tmp_path)
    assert ran == [(tmp_path / "clone", "dvc", "repro", "preprocess")] * 2


def test_a_folder_is_of_a_commit_and_its_parameters():
    one, two = {"train.seed": 1, "train.beta": 2}, {"train.beta": 1, "train.seed": 2}
    runs = [("a", one, False), ("a", two, False), ("b", one, False), ("a", one, True)]
    assert len({folder_name(*run) for run in runs}) == 4
    assert folder_name("a", dict(reversed(one.items())), False) == folder_name(*runs[0])


def test_a_clone_that_was_cut_short_is_unlocked(tmp_path, monkeypatch):
    lock = tmp_path / ".dvc/tmp/rwlock"
    lock.parent.mkdir(parents=True)
    lock.write_text('{"write": {"data": {"pid": 1, "cmd": "dvc repro"}}}')
    unlocked = []
    monkeypatch.setattr(clones, "unlock", unlocked.append)
    point.make_clone(b"", "a", tmp_path, tmp_path)
    assert unlocked == [tmp_path] and not lock.exists()


def test_metrics_arrive_with_their_errors_and_outputs_with_their_hashes(tmp_path):
    metrics = {"train": {"elbo": -1.5}, "test": {"elbo": -2.5, "active_units": 2}}
    errors = "metric,train,test\nelbo,0.1,0.2\nrate,,0.3\n"
    outputs = {
        "train": {"results/model.safetensors": "", "results/model.json": "{}"},
        "evaluate": {
            "results/metrics.json": json.dumps(metrics),
            "results/standard_errors.csv": errors,
        },
    }
    (tmp_path / "results").mkdir()
    stages = {}
    for stage, contents in outputs.items():
        stages[stage] = {"outs": [{"path": path} for path in contents]}
        for path, content in contents.items():
            (tmp_path / path).write_text(content)
    (tmp_path / "dvc.lock").write_text(json.dumps({"stages": stages}))
    result = read_results(tmp_path, served=True)
    assert list(result.metrics.items()) == [
        ("train.elbo", -1.5),
        ("train.elbo_se", 0.1),
        ("test.elbo", -2.5),
        ("test.elbo_se", 0.2),
        ("test.active_units", 2),
    ]
    assert list(result.hashes) == [*outputs["train"], *outputs["evaluate"]]
    assert len(set(result.hashes.values())) == 4 and result.kind == "served"
