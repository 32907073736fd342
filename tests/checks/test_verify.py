"""What `make verify` says of results that are the committed ones, and that are not."""

import subprocess
import sys
from pathlib import Path

import pytest

import verify
from clones import environment

PIPELINE = """\
stages:
  s:
    cmd:
      - mkdir -p results/figures
      - printf picture >results/figures/a.png
      - printf weights >results/weights.bin
      - 'echo ''{"test": {"elbo": -131.5}}'' >results/metrics.json'
      - printf 'metric,train,test\\nelbo,,0.5\\n' >results/standard_errors.csv
    outs:
      - results/figures: {cache: false}
      - results/weights.bin
      - results/metrics.json: {cache: false}
      - results/standard_errors.csv: {cache: false}
"""
OUTPUTS = ("figures/a.png", "metrics.json", "standard_errors.csv", "weights.bin")
WEIGHTS = "63f4f1e9b725370f459720575cd5f953"  # their MD5


def git(*command):
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *author, *command], check=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A committed pipeline of one stage, which has run, as the current folder."""
    temporary, folder = tmp_path / "temporary", tmp_path / "repository"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    (folder / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(folder)
    Path(".dvc/config").write_text("[core]\n    analytics = false\n")
    Path(".dvc/.gitignore").write_text("/tmp\n/cache\n")
    Path("dvc.yaml").write_text(PIPELINE)
    git("init", "--quiet")
    subprocess.run(["dvc", "repro", "--quiet"], env=environment(), check=True)
    git("add", ".")
    git("commit", "--quiet", "--message=all")
    yield
    assert list(temporary.glob("*/clone")) == []


def run_verify():
    """Exit status, standard output from the first output on, and standard error."""
    command = [sys.executable, verify.__file__]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = result.stdout.splitlines()
    while lines and not lines[0].startswith(("equal ", "differs ")):
        del lines[0]
    return result.returncode, lines, result.stderr


@pytest.mark.long
def test_results_are_equal_but_for_those_that_are_tampered_with(repository):
    expected = [f"equal   results/{name}" for name in OUTPUTS]
    assert run_verify()[:2] == (0, expected)
    for path, old, new in [
        ("results/figures/a.png", "picture", "another"),
        ("results/metrics.json", "131.5", "131.25"),
        ("results/standard_errors.csv", "0.5", "1.2"),
        ("dvc.lock", WEIGHTS, "f" * 32),
    ]:
        content = Path(path).read_text()
        assert old in content
        Path(path).write_text(content.replace(old, new))
    git("commit", "--quiet", "--all", "--message=other")
    status, lines, _ = run_verify()
    expected = [f"differs results/{name}" for name in OUTPUTS]
    assert [line.split("  ")[0] for line in lines[:4]] == expected
    assert lines[3].endswith(f"  {'f' * 32} {WEIGHTS}")
    # The standard error of the difference is 1.3, of 0.5 and 1.2.
    words = ["test.elbo", "-131.25", "-131.5", "-0.2500", "1.3000", "unpaired", "0.2"]
    assert status == 1 and lines[-1].split() == words


@pytest.mark.long
def test_changes_and_a_pipeline_that_fails_end_in_one_line(repository):
    for name in ("dvc.yaml", "untracked"):
        Path(name).write_text("stages: {s: {cmd: exit 3}}")
    expected = "error: not committed: dvc.yaml; commit or stash it\n"
    assert run_verify() == (1, [], expected)
    git("commit", "--quiet", "--all", "--message=fails")
    status, lines, stderr = run_verify()
    assert status == 1 and lines == [] and "Traceback" not in stderr
    assert stderr.splitlines()[-1].startswith("error: exit status ")
