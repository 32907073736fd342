"""What `make verify` says of results that are the committed ones, and that are not."""

import subprocess
import sys
from pathlib import Path

import pytest

import verify

STAGE = """\
import json
import pathlib

results = pathlib.Path("results")
(results / "figures").mkdir(parents=True)
(results / "figures/a.png").write_bytes(b"picture")
(results / "weights.bin").write_bytes(bytes(3))
metrics = {"test": {"elbo": -131.5, "elbo_se": 0.5}}
(results / "metrics.json").write_text(json.dumps(metrics))
"""
PIPELINE = """\
stages:
  s:
    cmd: python s.py
    deps: [s.py]
    outs: [results/weights.bin]
    metrics: [results/metrics.json: {cache: false}]
    plots: [results/figures: {cache: false}]
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
    ("committed", "here", "words"),
    [
        ({"x": 1.5}, {"x": 1.5}, []),
        (
            {"x": -131.7948, "x_se": 0.4812},
            {"x": -131.8012, "x_se": 0.4812},
            ["-131.7948 committed, -131.8012 here: 0.0064 lower, 0.01 standard errors"],
        ),
        (
            {"x": 1.0, "x_se": 0.5},
            {"x": 2.25, "x_se": 0.5},
            ["1.0 committed, 2.25 here: 1.25 higher, 2.50 standard errors"],
        ),
        (
            {"x": 0.5, "x_se": 0.0},
            {"x": 1, "x_se": 0.0},
            ["0.5 committed, 1 here: 0.5 higher"],
        ),
        ({"x": 2}, {"x": 3}, ["2 committed, 3 here: 1 higher"]),
        ({"x": True}, {"x": False}, ["true committed, false here"]),
        ({"x": 2}, {}, ["2 committed, missing here"]),
        ({}, {"x": 2.0}, ["missing committed, 2.0 here"]),
    ],
)
def test_metrics_that_differ_are_put_in_words(committed, here, words):
    same = {"train": {"x": 7, "x_se": 0.1}}
    lines = verify.compare_metrics(same | {"test": committed}, same | {"test": here})
    assert lines == [f"test.x {line}" for line in words]


def test_a_section_that_is_missing_names_all_its_metrics():
    lines = verify.compare_metrics({"test": {"x": 1, "y": 2}}, {})
    assert lines == [
        "test.x 1 committed, missing here",
        "test.y 2 committed, missing here",
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


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A committed pipeline of one stage, which has run."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    Path("repository").mkdir()
    monkeypatch.chdir("repository")
    dvc = [sys.executable, "-m", "dvc"]
    run("git", "init", "--quiet")
    run(*dvc, "init", "--quiet")
    run(*dvc, "config", "core.analytics", "false")
    Path("s.py").write_text(STAGE)
    Path("dvc.yaml").write_text(PIPELINE)
    run(*dvc, "repro")
    commit()
    yield
    assert list(folder.glob("*/clone")) == []


def test_a_clone_of_what_is_committed_is_equal(repository):
    status, lines, _ = run_verify()
    assert lines == [
        "equal   results/figures/a.png",
        "equal   results/metrics.json",
        "equal   results/weights.bin",
    ]
    assert status == 0


def test_results_of_other_code_differ(repository):
    """Tampered with: a picture, a metric, and the hash of the weights."""
    Path("results/figures/a.png").write_bytes(b"another")
    metrics = Path("results/metrics.json")
    metrics.write_text(metrics.read_text().replace("131.5", "131.25"))
    lock = Path("dvc.lock").read_text()
    weights = "693e9af84d3dfcc71e640e005bdc5e2e"  # MD5 of three zeros
    assert weights in lock
    Path("dvc.lock").write_text(lock.replace(weights, "f" * 32))
    commit()
    status, lines, _ = run_verify()
    outputs = [line.split("  ")[0] for line in lines[:3]]
    assert outputs == [
        "differs results/figures/a.png",
        "differs results/metrics.json",
        "differs results/weights.bin",
    ]
    assert lines[2].endswith(f"  {'f' * 32} {weights}")
    assert lines[3:] == [
        "test.elbo -131.25 committed, -131.5 here: 0.25 lower, 0.50 standard errors"
    ]
    assert status == 1


def test_a_pipeline_that_fails_ends_in_one_line(repository):
    Path("s.py").write_text("raise SystemExit(3)")
    commit()
    status, lines, stderr = run_verify()
    assert status == 1 and lines == []
    assert stderr.splitlines()[-1].startswith("error: exit status ")
    assert "Traceback" not in stderr


def test_uncommitted_changes_are_refused_in_one_line(repository):
    Path("untracked").touch()
    Path("s.py").write_text("")
    Path("dvc.yaml").write_text("")
    expected = "error: not committed: dvc.yaml, s.py; commit or stash it\n"
    assert run_verify() == (1, [], expected)
