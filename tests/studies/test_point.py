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
import distributed  # noqa: F401  its configuration
import numpy
import pytest

import point
from point import PointError, check_packages, find_reason, name_of, read_results, run


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


def test_a_command_that_fails_says_why(tmp_path):
    assert run(tmp_path, "sh", "-c", "echo a; echo b >&2") == "a\nb\n"
    with pytest.raises(PointError, match="^training diverged$"):
        run(tmp_path, "sh", "-c", "echo 'error: training diverged'; echo z; exit 3")


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("a\nerror: b\nERROR: c\n", "b"),
        ("a\n\nb\n\n", "b"),
        ("", "no reason was given"),
    ],
)
def test_the_line_that_says_why_is_found(printed, reason):
    assert find_reason(printed).startswith(reason)


def test_a_command_ends_with_the_process_that_waits_for_it(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import point, pathlib\n"
        "point.run(pathlib.Path(), 'sh', '-c', 'echo $$ > pid; sleep 100; true')"
    )
    folder = str(Path(point.__file__).parent)
    waiting = subprocess.Popen([sys.executable, "-c", code, folder], cwd=tmp_path)
    path = tmp_path / "pid"
    while not (path.exists() and path.read_text().strip()):
        assert waiting.poll() is None
        time.sleep(0.01)
    group = os.getpgid(int(path.read_text()))
    assert group != os.getpgid(waiting.pid)
    waiting.send_signal(signal.SIGKILL)
    waiting.wait()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            break
        time.sleep(0.01)
    else:
        raise AssertionError("the command runs on")


def test_data_are_prepared_for_one_clone_at_a_time(tmp_path, monkeypatch):
    def run(folder, *command):
        assert folder == tmp_path / "clone"
        assert command == ("dvc", "repro", "preprocess")
        with (tmp_path / "data.lock").open("w") as another, pytest.raises(OSError):
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ran.append(command)

    ran = []
    monkeypatch.setattr(point, "run", run)
    for _ in range(2):
        point.prepare_data(tmp_path / "clone", tmp_path)
    assert len(ran) == 2


def test_a_folder_is_of_a_commit_and_its_parameters():
    names = {
        name_of("a", {"train.seed": 1, "train.beta": 2}, False),
        name_of("a", {"train.beta": 2, "train.seed": 1}, False),
        name_of("a", {"train.seed": 2, "train.beta": 1}, False),
        name_of("b", {"train.seed": 1, "train.beta": 2}, False),
        name_of("a", {"train.seed": 1, "train.beta": 2}, True),
    }
    assert len(names) == 4


def test_metrics_arrive_with_their_errors(tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    metrics = {"train": {"elbo": -1.5}, "test": {"elbo": -2.5, "active_units": 2}}
    (results / "metrics.json").write_text(json.dumps(metrics))
    errors = "metric,train,test\nelbo,0.1,0.2\nrate,,0.3\n"
    (results / "standard_errors.csv").write_text(errors)
    for name in ("model.safetensors", "latents.npz"):
        (results / name).write_bytes(name.encode())
    result = read_results(tmp_path, served=True)
    assert list(result.metrics.items()) == [
        ("train.elbo", -1.5),
        ("train.elbo_se", 0.1),
        ("test.elbo", -2.5),
        ("test.elbo_se", 0.2),
        ("test.active_units", 2),
    ]
    assert set(result.hashes) == set(point.OUTPUTS) and result.served
    assert len(set(result.hashes.values())) == 4
