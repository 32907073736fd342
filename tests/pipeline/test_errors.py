"""What is said of a file, and that no bug of ours is taken for a damaged one."""

import os
from pathlib import Path

import pytest

import preprocess
from vae.pipeline.arrays import pack_arrays, read_arrays
from vae.pipeline.errors import PipelineError, check_place, one_line, readable
from vae.pipeline.files import write_files
from vae.pipeline.params import read_params
from vae.pipeline.trained import DESCRIPTION, WEIGHTS, read_description, read_weights


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_an_exception_says_is_one_line():
    assert one_line(ValueError("one\n  two\tthree ")) == "one two three"
    assert one_line(EOFError()) == "EOFError"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(), "no such file"),
        (KeyError("x"), r"damaged \('x'\)"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "a\nb"), r"damaged \(.* a b\)"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_makes_it(root, error, message):
    expected = rf"^{root}/x: {message}; make it with: dvc repro train$"
    with pytest.raises(PipelineError, match=expected):
        with readable(root / "x", KeyError, ValueError, made_by="train"):
            raise error


def test_what_stands_where_a_file_or_a_folder_should_be_is_named(root):
    check_place(root / "new/file")
    (root / "file").touch()
    check_place(root / "file")
    with pytest.raises(PipelineError, match=f"^{root}/file: a file where a folder"):
        check_place(root / "file/a/b")
    with pytest.raises(PipelineError, match=f"^{root}: something else where a file"):
        check_place(root)


def test_a_pipe_is_not_waited_for(root):
    os.mkfifo(root / "pipe")
    with pytest.raises(PipelineError, match="pipe: something else where a file should"):
        with readable(root / "pipe", made_by="train"):
            (root / "pipe").read_bytes()


READERS = {
    "vae.pipeline.arrays.check_arrays": lambda: read_arrays(
        preprocess.OUTPUT, {}, made_by="preprocess"
    ),
    "vae.pipeline.trained.Description.__new__": read_description,
    "vae.pipeline.trained.load": read_weights,
    "ruamel.yaml.YAML.load": read_params,
    "preprocess.parse_idx": lambda: preprocess.read_idx("labels", ndim=1),
}


@pytest.mark.parametrize("error", [ZeroDivisionError, AttributeError, PermissionError])
@pytest.mark.parametrize("name", READERS)
def test_a_bug_in_a_reader_keeps_its_traceback(monkeypatch, name, error):
    def raise_it(*args, **kwargs):
        raise error("a bug of ours")

    paths = [WEIGHTS, Path("params.yaml"), preprocess.RAW / "labels"]
    write_files(dict.fromkeys(paths, b""))
    write_files({DESCRIPTION: b"{}", preprocess.OUTPUT: pack_arrays({})})
    monkeypatch.setattr(name, raise_it)
    with pytest.raises(error):
        READERS[name]()
