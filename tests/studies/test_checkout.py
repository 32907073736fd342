"""States of the checkout that a study refuses with a one-line error."""

import subprocess

import pytest

import checkout
from checkout import make_bundle, require_committed_code
from conftest import commit_all
from vae.pipeline.errors import PipelineError


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """Make a repository with one file and two commits; return its root."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/train.py").touch()
    commit_all(tmp_path, commits=2)
    return tmp_path


def test_only_uncommitted_code_of_a_point_is_refused(committed):
    for name in ("my.csv", "README.md", "dvc.lock"):
        (committed / name).touch()
        require_committed_code()
    for name in ("stages/new.py", "stages/train.py"):
        (committed / name).write_text("changed")
        with pytest.raises(PipelineError, match=f"^not committed: {name}.*; commit or"):
            require_committed_code()


def test_an_error_of_git_is_reported_in_one_line(committed, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    message = "^git status: fatal: detected dubious ownership .* safe.directory .*$"
    with pytest.raises(PipelineError, match=message):
        require_committed_code()


def test_a_shallow_clone_has_no_bundle_for_other_machines(committed, monkeypatch):
    command = ["git", "clone", "--quiet", "--depth=1", f"file://{committed}", "shallow"]
    subprocess.run(command, cwd=committed, check=True)
    monkeypatch.setattr(checkout, "ROOT", committed / "shallow")
    with pytest.raises(PipelineError, match="first: git fetch --unshallow$"):
        make_bundle()
