"""Errors about files; a bug in a reader is not reported as damage."""

import os
from pathlib import Path
from unittest.mock import Mock

import pytest

import preprocess
from vae.pipeline.arrays import pack_arrays, read_arrays
from vae.pipeline.errors import PipelineError, check_path, printable, readable
from vae.pipeline.files import write_files
from vae.pipeline.params import read_params
from vae.pipeline.trained import (
    Description,
    pack_model,
    read_description,
    read_weights,
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("x"), r"damaged \('x'\)"),
        (KeyError(), r"damaged \(KeyError\)"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "a\n \tb "), r"damaged \(.* a b\)"),
    ],
)
def test_an_unreadable_file_is_named_with_the_stage_that_makes_it(
    tmp_path, error, message
):
    expected = rf"^{tmp_path}/x: {message}; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=expected):
        with readable(tmp_path / "x", KeyError, ValueError, made_by="train"):
            raise error


def test_control_characters_are_escaped():
    text = "a b é 数\x1b[2J\r\n\x9b\u202e\udcff"
    assert printable(text) == r"a b é 数\x1b[2J\r\n\x9b\u202e\udcff"


def test_a_folder_or_pipe_instead_of_a_file_is_named(tmp_path):
    check_path(tmp_path / "new/file")
    (tmp_path / "file").touch()
    check_path(tmp_path / "file")
    with pytest.raises(PipelineError, match=f"^{tmp_path}/file: a file where a folder"):
        check_path(tmp_path / "file/a/b")
    os.mkfifo(tmp_path / "pipe")  # must not block
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(PipelineError, match=f"^{path}: not a regular file"):
            with readable(path, made_by="train"):
                path.read_bytes()


READERS = {
    "vae.pipeline.arrays.check_arrays": lambda: read_arrays(
        preprocess.OUTPUT, {}, made_by="preprocess"
    ),
    "vae.pipeline.trained.Model.model_validate": read_description,
    "vae.pipeline.trained.load": read_weights,
    "ruamel.yaml.YAML.load": read_params,
}


@pytest.mark.parametrize("error", [ZeroDivisionError, AttributeError, PermissionError])
@pytest.mark.parametrize("name", READERS)
def test_a_bug_in_a_reader_keeps_its_traceback(tmp_path, monkeypatch, name, error):
    monkeypatch.chdir(tmp_path)
    write_files({Path("params.yaml"): b""})
    description = Description({}, [6, 4], "Tiny", [], "none", binary=False)
    write_files(pack_model(description, []) | {preprocess.OUTPUT: pack_arrays({})})
    monkeypatch.setattr(name, Mock(side_effect=error("a bug of ours")))
    with pytest.raises(error):
        READERS[name]()
