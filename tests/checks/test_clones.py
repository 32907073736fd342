"""Functions for clones; other tests run pipelines in clones."""

import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from clones import change_params, environment, repair_locks
from conftest import ROOT

COMMITTED = "stages: {a: committed}"


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


def test_a_truncated_lock_is_restored_and_an_intact_one_kept(tmp_path):
    lock = tmp_path / "dvc.lock"
    lock.write_text(COMMITTED)
    for command in (["init", "--quiet"], ["add", lock]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    for content in ("", "sch", "stages: {", "stages: {a: 1}"):
        lock.write_text(content)
        repair_locks(tmp_path)
        assert lock.read_text() == (content if content.endswith("}") else COMMITTED)
