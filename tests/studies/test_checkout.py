"""A checkout that a study refuses with a one-line error."""

import pytest

import checkout
from checkout import require_committed_code
from conftest import commit_all
from vae.pipeline.errors import PipelineError


def test_only_uncommitted_code_of_a_point_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/train.py").touch()
    commit_all(tmp_path)
    for name in ("my.csv", "README.md", "dvc.lock"):
        (tmp_path / name).touch()
        require_committed_code()
    for name in ("stages/new.py", "stages/train.py"):
        (tmp_path / name).write_text("changed")
        with pytest.raises(PipelineError, match=f"^not committed: {name}.*; commit or"):
            require_committed_code()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    message = "^git status: fatal: detected dubious ownership .* safe.directory .*$"
    with pytest.raises(PipelineError, match=message):
        require_committed_code()
