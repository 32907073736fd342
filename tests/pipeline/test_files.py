"""One call writes all its files completely, or none."""

import os

import pytest

from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files


def test_several_files_are_all_written_or_none(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("a", "b", "new/c")]
    paths[0].write_bytes(b"old")
    real, calls = os.fsync, []

    def full_at_the_third(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(descriptor)

    def files():
        return {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    monkeypatch.setattr(os, "fsync", full_at_the_third)
    with pytest.raises(PipelineError, match="new/c: not written: No space left"):
        write_files(dict.fromkeys(paths, b"new"))
    assert files() == {paths[0]: b"old"}
    (tmp_path / ".b.tmp").write_bytes(b"of a writer that was killed")
    write_files(dict.fromkeys(paths, b"new"))
    assert files() == dict.fromkeys(paths, b"new")
