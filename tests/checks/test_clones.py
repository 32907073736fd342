"""What the tools share: PATH and hashes; tests of the tools themselves run clones."""

import shutil
import sys
from pathlib import Path

import pytest

from clones import environment, file_hashes


@pytest.mark.parametrize("program", ["python", "dvc"])
def test_path_finds_programs_beside_this_interpreter(monkeypatch, program):
    monkeypatch.setenv("PATH", "/usr/bin")
    found = shutil.which(program, path=environment()["PATH"])
    assert Path(found).parent == Path(sys.executable).parent


def test_files_and_all_that_is_in_folders_are_hashed(tmp_path):
    (tmp_path / "folder/inner").mkdir(parents=True)
    for name in ("file", "folder/a", "folder/inner/b", "other"):
        (tmp_path / name).write_bytes(bytes(3))
    paths = ["file", "folder", "missing"]
    assert file_hashes(tmp_path, paths, "md5") == dict.fromkeys(
        ["file", "folder/a", "folder/inner/b"], "693e9af84d3dfcc71e640e005bdc5e2e"
    )
    sha256 = "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c"
    assert file_hashes(tmp_path, ["file"]) == {"file": sha256}
