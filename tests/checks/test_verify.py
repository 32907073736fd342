"""What `make verify` says of results that are the committed ones, and that are not."""

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
OUTPUTS = ("figures/a.png", "metrics.json", "standard_errors.csv", "weights.bin")
WEIGHTS = "693e9af84d3dfcc71e640e005bdc5e2e"  # MD5 of three zeros


def commit():
    subprocess.run(["git", "add", "."], check=True)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "commit", "--quiet", "-m", "all"], check=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A committed pipeline of one stage, which has run, as the current folder."""
    for name in (".dvc", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    Path(".gitignore").write_text("/temporary\n")
    Path(".dvc/config").write_text("[core]\n    analytics = false\n")
    Path(".dvc/.gitignore").write_text("/tmp\n/cache\n")
    Path("s.py").write_text(STAGE)
    Path("dvc.yaml").write_text(PIPELINE)
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["dvc", "repro", "--quiet"], env=environment(), check=True)
    commit()
    yield tmp_path
    assert list(Path("temporary").glob("*/clone")) == []


def run_verify():
    """Exit status, standard output from the first output on, and standard error."""
    command = [sys.executable, verify.__file__]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = result.stdout.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith(("equal", "differ"))]
    return result.returncode, lines[starts[0] :] if starts else [], result.stderr


@pytest.mark.long
def test_a_clone_of_what_is_committed_is_equal(repository):
    expected = [f"equal   results/{name}" for name in OUTPUTS]
    assert run_verify()[:2] == (0, expected)


@pytest.mark.long
def test_results_of_other_code_differ(repository):
    """Tampered with: a picture, a metric, its standard error and a hash of weights."""
    Path("results/figures/a.png").write_bytes(b"another")
    for path, old, new in [
        ("results/metrics.json", "131.5", "131.25"),
        ("results/standard_errors.csv", "0.5", "1.2"),
        ("dvc.lock", WEIGHTS, "f" * 32),
    ]:
        content = Path(path).read_text()
        assert old in content
        Path(path).write_text(content.replace(old, new))
    commit()
    status, lines, _ = run_verify()
    assert status == 1
    expected = [f"differs results/{name}" for name in OUTPUTS]
    assert [line.split("  ")[0] for line in lines[:4]] == expected
    assert lines[3].endswith(f"  {'f' * 32} {WEIGHTS}")
    # -0.25 is 0.2 of the standard error of the difference, which is 1.3.
    words = "test.elbo -131.25 -131.5 -0.2500 1.3000 unpaired 0.2".split()
    assert lines[-1].split() == words


@pytest.mark.long
def test_a_pipeline_that_fails_ends_in_one_line(repository):
    Path("s.py").write_text("raise SystemExit(3)")
    commit()
    status, lines, stderr = run_verify()
    assert status == 1 and lines == []
    assert stderr.splitlines()[-1].startswith("error: exit status ")
    assert "Traceback" not in stderr


@pytest.mark.long
def test_uncommitted_changes_are_refused_in_one_line(repository):
    for name in ("dvc.yaml", "s.py", "untracked"):
        Path(name).write_text("changed")
    expected = "error: not committed: dvc.yaml, s.py; commit or stash it\n"
    assert run_verify() == (1, [], expected)
