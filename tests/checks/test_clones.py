"""Functions for clones; other tests run pipelines in clones."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from clones import LOCKS, change_params, environment, file_hashes, repair_locks
from conftest import ROOT

COMMITTED = "stages: {a: committed}"


def test_path_finds_the_programs_of_this_environment(monkeypatch):
    monkeypatch.delenv("PATH")
    for program in ("python", "dvc"):
        found = shutil.which(program, path=environment()["PATH"])
        assert Path(found).parent == Path(sys.executable).parent


def test_a_relative_data_folder_is_relative_to_the_checkout(monkeypatch):
    for folder, expected in {"mine": ROOT / "mine", "/mine": Path("/mine")}.items():
        monkeypatch.setenv("VAE_DATA_DIR", folder)
        assert environment()["VAE_DATA_DIR"] == str(expected)


def test_changed_parameters_are_read_as_dvc_reads_them(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("train: {seed: 010, rate: 1e-1}\nmodel: {prior: none}\n")
    change_params(path, {"model.prior": "vamp"})
    expected = {"train": {"seed": 10, "rate": 0.1}, "model": {"prior": "vamp"}}
    assert YAML(typ="safe").load(path) == expected


def test_files_and_the_files_in_folders_are_hashed(tmp_path):
    (tmp_path / "folder/inner").mkdir(parents=True)
    for name in ("file", "folder/a", "folder/inner/b", "other"):
        (tmp_path / name).write_bytes(bytes(3))
    hashes = file_hashes(tmp_path, ["file", "folder", "missing"])
    assert list(hashes) == ["file", "folder/a", "folder/inner/b"]
    sha256 = "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c"
    assert set(hashes.values()) == {sha256}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_truncated_lock_is_restored_and_an_intact_one_kept(tmp_path, lock):
    (tmp_path / lock).parent.mkdir(exist_ok=True)
    (tmp_path / lock).write_text(COMMITTED)
    for command in (["init", "--quiet"], ["add", lock]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    for content in ("", "sch", "stages: {", "stages: {a: 1}"):
        (tmp_path / lock).write_text(content)
        repair_locks(tmp_path)
        whole = content.endswith("}")
        assert (tmp_path / lock).read_text() == (content if whole else COMMITTED)
