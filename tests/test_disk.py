"""Full disks, files instead of folders, killed writers, and simultaneous runs.

Each gives a one-line error and damages nothing, and the next run succeeds.
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
import preprocess
import render
import train
from clones import environment
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files

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


def run(*options):
    command = [sys.executable, *options]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)


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
    result = run("-B", stage.__file__)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.count("error: ") == 1
    line = f"error: {path}: not written: No space left on device"
    assert result.stderr.splitlines()[-1] == line
    assert not part.is_symlink()
    assert contents() == finished
    stage.main()
    assert contents() == finished


@pytest.mark.parametrize(
    ("stage", "folder"),
    [(preprocess, "data/verified"), (train, ".state"), (render, "results/figures")],
)
def test_a_file_instead_of_a_folder_is_named(tiny, tmp_path, stage, folder):
    restore(stage)
    folder, finished = Path(folder), contents()
    folder.mkdir(exist_ok=True)
    folder.rename(tmp_path / "aside")
    folder.write_bytes(b"precious")
    message = f"^{folder}: a file where a folder should be; move it away$"
    with pytest.raises(PipelineError, match=message):
        stage.main()
    assert folder.read_bytes() == b"precious"
    folder.unlink()
    (tmp_path / "aside").rename(folder)
    stage.main()
    assert contents() == finished


def test_files_of_a_killed_writer_are_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(train.__file__).parent))
    killed = (
        "import os, pathlib; from vae.pipeline.files import write_files\n"
        "os.fsync = lambda descriptor: os.kill(os.getpid(), 9)\n"
        "write_files({pathlib.Path('file'): b'killed'})"
    )
    assert run("-c", killed).returncode == -signal.SIGKILL
    assert list(contents()) == [Path(".file.tmp")]
    write_files({Path("file"): b"content"})
    assert contents() == {Path("file"): b"content"}


# A stage that reports its start, and waits for permission to continue.
WAIT = "touch running; until [ -e go ]; do sleep 0.01; done; tr a-z A-Z <in >out"
STAGE = f"stages: {{wait: {{cmd: '{WAIT}', deps: [in], outs: [out]}}}}"


@pytest.fixture
def repro(tmp_path, monkeypatch):
    """Return a function that starts `dvc repro`, which ends with the test."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("PATH", environment()["PATH"])
    Path("in").write_text("content")
    Path("dvc.yaml").write_text(STAGE)
    subprocess.run(["dvc", "init", "--no-scm", "--quiet"], check=True)
    started = []

    def start():
        pipe, new = subprocess.PIPE, {"text": True, "start_new_session": True}
        process = subprocess.Popen(["dvc", "repro"], stdout=pipe, stderr=pipe, **new)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_second_simultaneous_run_is_refused_unless_the_first_was_killed(repro):
    killed = wait_until_running(repro())
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    Path("running").unlink()
    first = wait_until_running(repro())
    second = repro()
    _, errors = second.communicate()
    assert second.returncode != 0
    assert "Traceback" not in errors
    # DVC prints one line, then the process that blocks and how to remove the lock.
    assert f"{Path('out').resolve()}' is busy, it is being blocked by:" in errors
    assert f"(PID {first.pid}): " in errors
    assert first.poll() is None
    Path("go").touch()
    for process in (first, repro()):
        output, errors = process.communicate()
        assert process.returncode == 0, output + errors
        assert Path("out").read_text() == "CONTENT"
    assert "didn't change, skipping" in output


def wait_until_running(process):
    while not Path("running").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return process
