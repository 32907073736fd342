import os

import pytest

from vae.errors import PipelineError
from vae.files import write_whole


def test_a_file_is_written_with_its_folder(tmp_path):
    write_whole(tmp_path / "a/b/file", b"content")
    assert (tmp_path / "a/b/file").read_bytes() == b"content"
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["file"]


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(PipelineError, match="taken: not written: Is a directory"):
        write_whole(path, b"content")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "results").touch()
    with pytest.raises(PipelineError, match="results/file: not written: "):
        write_whole(tmp_path / "results/file", b"content")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(PipelineError, match="file: not written: No space left"):
        write_whole(path, b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]
