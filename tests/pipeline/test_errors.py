"""What is said of a file, and that no bug of ours is taken for a damaged one."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save

import evaluate
import preprocess
import render
from conftest import TINY
from vae.pipeline.arrays import pack_arrays, read_arrays
from vae.pipeline.errors import PipelineError, check_place, one_line, readable
from vae.pipeline.params import Params, read_params


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def raises(error):
    def main(*args, **kwargs):
        raise error

    return main


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


@pytest.mark.parametrize("error", [TypeError, ZeroDivisionError, PermissionError])
def test_what_no_damage_raises_passes(root, error):
    with pytest.raises(error):
        with readable(root / "x", KeyError, ValueError, made_by="train"):
            raise error


def read_an_npz(monkeypatch, bug):
    render.LATENTS.parent.mkdir()
    render.LATENTS.write_bytes(pack_arrays({"a": np.zeros(3)}))
    monkeypatch.setattr("vae.pipeline.arrays.check_arrays", bug)
    read_arrays(render.LATENTS, {}, made_by="evaluate")


def read_an_idx(monkeypatch, bug):
    preprocess.RAW.mkdir(parents=True)
    (preprocess.RAW / "labels").touch()
    monkeypatch.setattr(preprocess, "parse_idx", bug)
    preprocess.read_idx("labels", ndim=1)


def read_the_history(monkeypatch, bug):
    monkeypatch.setattr("pandas.read_csv", bug)
    render.read_history()


def read_the_weights(monkeypatch, bug):
    evaluate.WEIGHTS.parent.mkdir()
    evaluate.WEIGHTS.write_bytes(save({}))
    vae = SimpleNamespace(load_weights=bug)
    monkeypatch.setattr(evaluate, "VAE", lambda **kwargs: vae)
    evaluate.load_model(Params.model_validate(TINY), 24)


def read_the_parameters(monkeypatch, bug):
    Path("params.yaml").touch()
    monkeypatch.setattr("ruamel.yaml.YAML.load", bug)
    read_params()


@pytest.mark.parametrize("error", [TypeError, ZeroDivisionError, AttributeError])
@pytest.mark.parametrize(
    "read",
    [
        read_an_npz,
        read_an_idx,
        read_the_history,
        read_the_weights,
        read_the_parameters,
    ],
)
def test_a_bug_in_a_reader_keeps_its_traceback(monkeypatch, read, error):
    with pytest.raises(error):
        read(monkeypatch, raises(error("a bug of ours")))
