"""Start and end of stages: edits during a run, errors and bugs."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import preprocess
from conftest import ROOT
from vae.pipeline.errors import PipelineError
from vae.pipeline.stage import hash_inputs, report_error

STAGES = ROOT / "stages"
OUTPUT = Path("data/images.npz")
LABELS = Path("data/verified/t10k-labels-idx1-ubyte")
CODE = Path("stages/vae/pipeline")

# Runs a stage, and additional code right after the stage begins.
RUN = """
import os, runpy, signal, sys
_, script, after, *sys.argv[1:] = sys.argv
sys.path.insert(0, os.path.dirname(script))
from vae.pipeline.stage import Stage
begin = Stage.begin
def begin_and_go_on(stage):
    begin(stage)
    exec(after, globals())
Stage.begin = begin_and_go_on
runpy.run_path(script, run_name="__main__")
"""


def run(stage="preprocess", *arguments, after="", status=1, **kwargs):
    """Run a stage in a process, check its status, and return output and errors."""
    command = [sys.executable, "-BE", "-c", RUN, str(STAGES / f"{stage}.py"), after]
    command += arguments
    result = subprocess.run(command, capture_output=True, text=True, **kwargs)
    assert result.returncode == status, result.stderr
    return result.stdout, result.stderr


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("params.yaml, preprocess", lambda tiny: tiny(preprocess__seed=9)),
        (LABELS, lambda tiny: LABELS.write_bytes(LABELS.read_bytes()[:-1] + b"\1")),
        (CODE / "new.py", lambda tiny: (CODE / "new.py").touch()),
    ],
)
def test_an_edit_during_a_run_is_not_recorded(tiny, monkeypatch, name, edit):
    CODE.mkdir(parents=True)
    monkeypatch.setattr(preprocess.stage, "inputs", hash_inputs("preprocess"))
    tiny(evaluate__seed=8)  # this stage does not read it
    Path("stages/new.py").touch()
    preprocess.stage.write({OUTPUT: b"before"})
    edit(tiny)
    with pytest.raises(PipelineError) as error:
        preprocess.stage.write({OUTPUT: b"after"})
    message = "changed while the stage ran, so no output is written; run it again"
    assert str(error.value) == f"{name}: {message}: dvc repro"
    assert OUTPUT.read_bytes() == b"before"


def test_a_script_hashes_its_inputs_when_it_begins(tiny):
    edit = f"os.pwrite(os.open('{LABELS}', os.O_WRONLY), bytes([9]), 12)"
    _, errors = run(after=edit)
    assert errors.startswith(f"error: {LABELS}: changed while the")
    assert errors.count("\n") == 1 and not OUTPUT.exists()


def test_every_stage_begins_before_it_loads_the_code_that_it_runs():
    for script in STAGES.glob("*.py"):
        before, _ = script.read_text().split("stage.begin()")
        assert re.findall(r"import.*vae|vae.*import.*", before) == [
            "vae.pipeline.stage import Stage"
        ]


EXHAUSTED = type("ResourceExhaustedError", (Exception,), {})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PipelineError("too large"), "error: too large"),
        (OSError(28, "No space", "results/x"), "error: results/x: No space"),
        (KeyboardInterrupt(), "interrupted"),
        (MemoryError(), "error: out of memory; lower the batch size"),
        (EXHAUSTED("allocating"), "error: out of memory; lower the bat"),
    ],
)
def test_an_error_of_the_user_is_one_line(capsys, monkeypatch, error, message):
    monkeypatch.setattr("os._exit", lambda status: None)
    report_error(type(error), error, None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(message)


def test_a_bug_keeps_its_traceback(capsys):
    with pytest.raises(KeyError) as bug:
        raise KeyError("x")
    report_error(bug.type, bug.value, bug.tb)
    assert capsys.readouterr().err.startswith("Traceback")


def test_a_stage_runs_only_from_the_root(tmp_path):
    message = "error: no dvc.yaml here; run from the project's root: dvc repro\n"
    assert run(cwd=tmp_path) == ("", message)


def test_a_stage_explains_itself_and_takes_no_arguments(tmp_path):
    said, _ = run("train", "--help", status=0, cwd=tmp_path)
    assert "Train the VAE, and write its weights" in said
    _, errors = run("train", "a", cwd=tmp_path)
    assert errors.startswith("error: unrecognized arguments: a; expected none;")


def test_an_interrupt_during_imports_gives_one_line(tiny):
    after = """
import builtins
signal.signal(signal.SIGINT, signal.default_int_handler)
real = builtins.__import__
def load(name, *args, **kwargs):
    if name == "numpy":
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *args, **kwargs)
builtins.__import__ = load
"""
    assert run("train", after=after, status=-signal.SIGINT) == ("", "interrupted\n")
