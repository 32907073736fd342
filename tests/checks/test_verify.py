"""What `make verify` says of results that are the committed ones, and that are not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import verify
from clones import environment

STAGE = """\
import json
import pathlib

results = pathlib.Path("results")
(results / "figures").mkdir(parents=True)
(results / "figures/a.png").write_bytes(b"picture")
(results / "weights.bin").write_bytes(bytes(3))
metrics = {"test": {"elbo": -131.5}}
(results / "metrics.json").write_text(json.dumps(metrics))
(results / "standard_errors.csv").write_text("metric,train,test\\nelbo,,0.5\\n")
"""
PIPELINE = """\
stages:
  s:
    cmd: python s.py
    deps: [s.py]
    outs: [results/weights.bin]
    metrics: [results/metrics.json: {cache: false}]
    plots:
      - results/figures: {cache: false}
      - results/standard_errors.csv: {cache: false}
"""


def test_outputs_are_equal_differ_or_are_missing():
    committed = {"b": "00", "a": "01", "c": "02"}
    here = {"d": "03", "a": "01", "b": "04"}
    assert verify.compare(committed, here) == [
        "equal   a",
        "differs b  00 04",
        "differs c  02 missing",
        "differs d  missing 03",
    ]


@pytest.mark.parametrize(
    ("committed", "here", "error", "words"),
    [
        (1.5, 1.5, 0.1, None),
        (
            -131.7948,
            -131.8012,
            0.4812,
            "-131.7948 committed, -131.8012 here: 0.0064 lower, 0.01 standard errors",
        ),
        (
            1.0,
            2.25,
            0.5,
            "1.0 committed, 2.25 here: 1.25 higher, 2.50 standard errors",
        ),
        (0.5, 1, 0.0, "0.5 committed, 1 here: 0.5 higher"),
        (2, 3, None, "2 committed, 3 here: 1 higher"),
        (True, False, None, "true committed, false here"),
        (2, None, 0.1, "2 committed, missing here"),
        (None, 2.0, None, "missing committed, 2.0 here"),
    ],
)
def test_a_metric_that_differs_is_put_in_words(committed, here, error, words):
    assert verify.describe(committed, here, error) == words


def test_metrics_that_differ_are_named_by_section():
    committed = {"train": {"x": 7}, "test": {"x": 1, "y": 2, "z": 3}}
    here = {"train": {"x": 7}, "test": {"x": 2, "z": 3}}
    errors = {"train": {"x": 0.1}, "test": {"x": 0.5}}
    assert verify.compare_metrics(committed, here, errors) == [
        "test.x 1 committed, 2 here: 1 higher, 2.00 standard errors",
        "test.y 2 committed, missing here",
    ]
    assert verify.compare_metrics({"test": {"x": 1}}, {}, errors) == [
        "test.x 1 committed, missing here"
    ]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True)


def commit():
    run("git", "add", ".")
    run("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "all")


def run_verify():
    """Exit status, lines about outputs and metrics, and standard error."""
    command = [sys.executable, verify.__file__]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    starts = ("equal ", "differs ", "test.")
    lines = [line for line in result.stdout.splitlines() if line.startswith(starts)]
    return result.returncode, lines, result.stderr


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A committed pipeline of one stage, which has run."""
    folder = tmp_path_factory.mktemp("verify") / "pipeline"
    (folder / ".dvc").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path(".dvc/config").write_text("[core]\n    analytics = false\n")
        Path(".dvc/.gitignore").write_text("/tmp\n/cache\n")
        Path("s.py").write_text(STAGE)
        Path("dvc.yaml").write_text(PIPELINE)
        run("git", "init", "--quiet")
        subprocess.run(["dvc", "repro", "--quiet"], env=environment(), check=True)
        commit()
    return folder


@pytest.fixture
def repository(pipeline, tmp_path, monkeypatch):
    """The current folder: a copy of the pipeline. Clones of it are removed at last."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.chdir(shutil.copytree(pipeline, tmp_path / "repository"))
    yield
    assert list(folder.glob("*/clone")) == []


@pytest.mark.long
def test_a_clone_of_what_is_committed_is_equal(repository):
    status, lines, _ = run_verify()
    assert lines == [
        "equal   results/figures/a.png",
        "equal   results/metrics.json",
        "equal   results/standard_errors.csv",
        "equal   results/weights.bin",
    ]
    assert status == 0


@pytest.mark.long
def test_results_of_other_code_differ(repository):
    """Tampered with: a picture, a metric, its standard error and a hash of weights."""
    Path("results/figures/a.png").write_bytes(b"another")
    metrics = Path("results/metrics.json")
    metrics.write_text(metrics.read_text().replace("131.5", "131.25"))
    errors = Path("results/standard_errors.csv")
    errors.write_text(errors.read_text().replace("0.5", "0.1"))
    lock = Path("dvc.lock").read_text()
    weights = "693e9af84d3dfcc71e640e005bdc5e2e"  # MD5 of three zeros
    assert weights in lock
    Path("dvc.lock").write_text(lock.replace(weights, "f" * 32))
    commit()
    status, lines, _ = run_verify()
    outputs = [line.split("  ")[0] for line in lines[:4]]
    assert outputs == [
        "differs results/figures/a.png",
        "differs results/metrics.json",
        "differs results/standard_errors.csv",
        "differs results/weights.bin",
    ]
    assert lines[3].endswith(f"  {'f' * 32} {weights}")
    assert lines[4:] == [
        "test.elbo -131.25 committed, -131.5 here: 0.25 lower, 2.50 standard errors"
    ]
    assert status == 1


@pytest.mark.long
def test_a_pipeline_that_fails_ends_in_one_line(repository):
    Path("s.py").write_text("raise SystemExit(3)")
    commit()
    status, lines, stderr = run_verify()
    assert status == 1 and lines == []
    assert stderr.splitlines()[-1].startswith("error: exit status ")
    assert "Traceback" not in stderr


def test_uncommitted_changes_are_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("git", "init", "--quiet")
    for name in ("dvc.yaml", "s.py"):
        Path(name).touch()
    commit()
    for name in ("dvc.yaml", "s.py", "untracked"):
        Path(name).write_text("changed")
    expected = "error: not committed: dvc.yaml, s.py; commit or stash it\n"
    assert run_verify() == (1, [], expected)
