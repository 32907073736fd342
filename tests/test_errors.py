"""How stages end, and that a bug of ours is never passed off as a damaged file."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save

import evaluate
import preprocess
import render
from conftest import TINY
from vae.arrays import read_arrays, write_arrays
from vae.errors import PipelineError, one_line, readable, run
from vae.params import Params, read_params


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    return tmp_path


def raises(error):
    def main(*args, **kwargs):
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PipelineError("too large"), "error: too large"),
        (
            OSError(28, "No space left on device", "results/x"),
            "error: results/x: No space",
        ),
        (OSError("broken pipe"), "error: broken pipe"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_what_a_user_can_mend_is_one_line(error, message):
    with pytest.raises(SystemExit) as stopped:
        run(raises(error))
    assert stopped.value.code.startswith(message)


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)


def test_a_stage_runs_from_the_root_alone(root):
    (root / "dvc.yaml").unlink()
    with pytest.raises(SystemExit) as stopped:
        run(raises(ZeroDivisionError()))
    assert "run from the project's root" in stopped.value.code


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


@pytest.mark.parametrize("error", [TypeError, ZeroDivisionError, PermissionError])
def test_what_no_damage_raises_passes(root, error):
    with pytest.raises(error):
        with readable(root / "x", KeyError, ValueError, made_by="train"):
            raise error


def read_an_npz(monkeypatch, bug):
    write_arrays(render.LATENTS, {"a": np.zeros(3)})
    monkeypatch.setattr("vae.arrays.check_arrays", bug)
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
    monkeypatch.setattr("yaml.safe_load", bug)
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
