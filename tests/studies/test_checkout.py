"""What of this checkout a study refuses, in one line each."""

import subprocess

import pytest

import checkout
from checkout import refuse_changes
from vae.pipeline.errors import PipelineError


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """The root of a repository with one file."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/train.py").touch()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    commit = ["commit", "--quiet", "--message=one"]
    for command in (["init", "--quiet"], ["add", "--all"], commit):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return tmp_path


def test_only_a_change_of_what_a_point_runs_is_refused(committed):
    for name in ("my.csv", "README.md", "dvc.lock"):
        (committed / name).touch()
        refuse_changes()
    for name in ("stages/new.py", "stages/train.py"):
        (committed / name).write_text("changed")
        with pytest.raises(PipelineError, match=f"^not committed: {name}.*; commit or"):
            refuse_changes()


def test_what_git_says_is_passed_on_in_one_line(committed, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    message = "^git status: fatal: detected dubious ownership .* safe.directory .*$"
    with pytest.raises(PipelineError, match=message):
        refuse_changes()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(committed.parent))
    (committed / ".git").rename(committed / "git")
    with pytest.raises(PipelineError, match="^git status: fatal: not a git repository"):
        refuse_changes()
