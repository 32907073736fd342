"""A disk that fills up, a folder that cannot be written, two runs at once.

As really as can be without a disk of its own: the system refuses the bytes beyond a
limit, or all bytes; a file stands where a folder should be; DVC runs twice. Each time
there is one clear line, nothing is damaged, and the next run works.
"""

import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

import evaluate
import explore
import preprocess
import render
import train
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files

pytestmark = pytest.mark.long

STAGES = {
    "preprocess": preprocess,
    "train": train,
    "evaluate": evaluate,
    "render": render,
    "explore": explore,
}
FIRST_OUTPUT = {
    "preprocess": "data/images.npz",
    "train": "results/model.safetensors",
    "evaluate": "results/metrics.json",
    "render": "results/encodings.png",
    "explore": "results/explorer.html",
}

# Runs a stage as `python -B stages/x.py` does, on a system that refuses larger files:
# `ulimit -f`, but in bytes. Python ignores the signal that comes with it.
LIMITED = """
import resource, runpy, sys
_, script, limit = sys.argv
sys.path.insert(0, script.rpartition("/")[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
runpy.run_path(script, run_name="__main__")
"""


@pytest.fixture
def tiny(tiny):
    """With a proposal that takes less time to compile."""
    tiny(evaluate__proposal="posterior")
    return tiny


def contents():
    """Every file of the current folder by its path."""
    return {str(p): p.read_bytes() for p in Path().rglob("*") if p.is_file()}


def restore(files):
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


@cache
def finished_until(stage):
    """Files of a tiny project whose stages up to this one have run."""
    names = list(STAGES)
    position = names.index(stage)
    if position > 0:
        restore(finished_until(names[position - 1]))
    STAGES[stage].main()
    return contents()


def without_state(files):
    """All but what an interrupted training leaves on purpose."""
    return {name: c for name, c in files.items() if not name.startswith(".state/")}


@pytest.mark.parametrize(
    ("stage", "path"),
    [
        ("preprocess", "data/images.npz"),
        ("train", "results/model.safetensors"),
        # Written last; TensorFlow's own temporary files do not pass a lower limit.
        ("evaluate", "results/latents.npz"),
        ("render", "results/encodings.png"),
        ("explore", "results/explorer.html"),
    ],
)
def test_a_full_disk_ends_a_stage_in_one_line(tiny, stage, path):
    finished = finished_until(stage)
    restore(finished)
    Path(path).write_bytes(b"of an earlier run")
    script, limit = STAGES[stage].__file__, len(finished[path]) - 1
    result = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, script, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    *_, line = result.stderr.splitlines()
    # Training writes its state first, which is larger than the weights.
    refused = ".state/train" if stage == "train" else path
    assert line == f"error: {refused}: not written: File too large"
    assert result.stderr.count("error: ") == 1
    assert contents() == finished | {path: b"of an earlier run"}


def stops(stage):
    """The line with which a stage ends at status 1."""
    with pytest.raises(PipelineError) as stopped:
        STAGES[stage].main()
    return f"error: {stopped.value}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_device_without_space_ends_a_stage_in_one_line(tiny, stage):
    finished = finished_until(stage)
    restore(finished)
    path = Path(FIRST_OUTPUT[stage])
    part = path.with_name(f"{path.name}.part")
    part.symlink_to("/dev/full")
    assert stops(stage) == f"error: {path}: not written: No space left on device"
    assert not part.is_symlink()
    left = without_state(contents())
    assert left == finished
    STAGES[stage].main()
    assert contents() == finished


@pytest.mark.parametrize(
    ("stage", "folder"),
    [
        ("preprocess", "data/verified"),
        ("train", "results"),
        ("train", ".state"),
        ("render", "results"),
        ("render", "results/figures"),
    ],
)
def test_a_file_in_place_of_a_folder_is_named(tiny, tmp_path, stage, folder):
    finished = finished_until(stage)
    restore(finished)
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    folder.rename(tmp_path / "aside")
    folder.write_bytes(b"precious")
    message = "a file where a folder should be; move it away"
    assert stops(stage) == f"error: {folder}: {message}"
    assert folder.read_bytes() == b"precious"
    folder.unlink()
    (tmp_path / "aside").rename(folder)
    STAGES[stage].main()
    assert contents() == finished


def test_what_a_killed_writer_leaves_is_overwritten(tmp_path):
    killed = (
        "import os, pathlib; from vae.pipeline.files import write_files\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), 9)\n"
        "write_files({pathlib.Path('file'): b'killed'})"
    )
    folder = Path(train.__file__).parent
    result = subprocess.run(
        [sys.executable, "-c", killed],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(folder)},
        check=False,
    )
    assert result.returncode == -signal.SIGKILL
    assert [p.name for p in tmp_path.iterdir()] == ["file.part"]
    write_files({tmp_path / "file": b"content"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"file": b"content"}


# Says that it runs, and goes on once it may.
WAIT = """\
import pathlib, time
pathlib.Path("running").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.01)
pathlib.Path("out").write_text(pathlib.Path("in").read_text().upper())
"""


@pytest.fixture
def dvc(tmp_path, monkeypatch):
    """An empty DVC project; returns a starter of `dvc` in it, ended with the test."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    init = start("init", "--no-scm", "--quiet")
    assert init.communicate() == ("", "") and init.returncode == 0
    Path("wait.py").write_text(WAIT)
    Path("in").write_text("content")
    Path("dvc.yaml").write_text(
        "stages: {wait: {cmd: python wait.py, deps: [in, wait.py], outs: [out]}}\n"
    )
    monkeypatch.setenv(
        "PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_until_running(process):
    while not Path("running").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def succeeds(process):
    output, errors = process.communicate()
    assert process.returncode == 0, output + errors
    assert Path("out").read_text() == "CONTENT"
    return output


def test_of_two_runs_at_once_the_second_is_refused(dvc):
    first = dvc("repro")
    wait_until_running(first)
    second = dvc("repro")
    _, errors = second.communicate()
    assert second.returncode != 0
    assert "Traceback" not in errors
    # DVC's own words: one line, then who it is and what to do if nobody is there.
    assert f"{Path('out').resolve()}' is busy, it is being blocked by:" in errors
    assert f"(PID {first.pid}): " in errors
    assert first.poll() is None
    Path("go").touch()
    succeeds(first)
    assert "didn't change, skipping" in succeeds(dvc("repro"))


def test_a_killed_run_does_not_block_the_next(dvc):
    first = dvc("repro")
    wait_until_running(first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    Path("go").touch()
    succeeds(dvc("repro"))
    assert "didn't change, skipping" in succeeds(dvc("repro"))
