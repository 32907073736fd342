"""One call writes all its files completely, or none."""

import os

import pytest

from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files


def test_a_file_is_written_with_its_folder_or_not_at_all(tmp_path):
    users = tmp_path / "a/b/file.part"
    write_files({users: b"the user's"})
    write_files({tmp_path / "a/b/file": b"content"})
    assert (tmp_path / "a/b/file").read_bytes() == b"content"
    assert users.read_bytes() == b"the user's"
    with pytest.raises(PipelineError, match="a/b: not a regular file"):
        write_files({tmp_path / "first": b"content", tmp_path / "a/b": b"content"})
    assert {path.name for path in tmp_path.rglob("*")} == {"a", "b", "file", users.name}


def test_several_files_are_all_written_or_none(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in "abc"]
    paths[0].write_bytes(b"old")
    real, calls = os.fsync, []

    def full_at_the_third(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full_at_the_third)
    with pytest.raises(PipelineError, match="c: not written: No space left"):
        write_files(dict.fromkeys(paths, b"new"))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"old"}
    (tmp_path / ".b.tmp").write_bytes(b"of a writer that was killed")
    write_files(dict.fromkeys(paths, b"new"))
    assert sorted(tmp_path.iterdir()) == paths
    assert {path.read_bytes() for path in paths} == {b"new"}
