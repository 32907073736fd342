"""A full disk gives a one-line error, damages nothing, and the next run succeeds."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import evaluate
import preprocess
import render
import train

pytestmark = pytest.mark.long

STAGES = [preprocess, train, evaluate, render]


@pytest.fixture
def tiny(tiny):
    """Make a tiny project with a proposal that compiles faster."""
    tiny(evaluate__proposal="posterior")
    return tiny


def contents():
    """Return every file of the current folder except states of training."""
    paths = (path for path in Path().rglob("*") if path.is_file())
    return {p: p.read_bytes() for p in paths if p.parts[0] != ".state"}


@cache
def finished_until(stage):
    """Return the files of a tiny project that has run until this stage."""
    position = STAGES.index(stage)
    if position > 0:
        restore(STAGES[position - 1])
    stage.main()
    return contents()


def restore(stage):
    """Make the current folder a project that has run until this stage."""
    for path, content in finished_until(stage).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("stage", "path"),
    [
        (preprocess, "data/images.npz"),
        (train, "results/model.safetensors"),
        (evaluate, "results/latents.npz"),
        (render, "results/encodings.png"),
    ],
)
def test_a_full_device_gives_a_one_line_error(tiny, stage, path):
    restore(stage)
    path, finished = Path(path), contents()
    part = path.with_name(f".{path.name}.tmp")
    part.parent.mkdir(exist_ok=True)
    part.symlink_to("/dev/full")
    command = [sys.executable, "-B", stage.__file__]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.count("error: ") == 1
    line = f"error: {path}: not written: No space left on device"
    assert result.stderr.splitlines()[-1] == line
    assert not part.is_symlink()
    assert contents() == finished
    stage.main()
    assert contents() == finished
