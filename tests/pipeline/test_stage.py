"""How stages begin and end: edits during a run, errors and bugs, closed streams.

As real processes where what counts comes before the first line of the stage.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import preprocess
import vae.pipeline.stage
from vae.pipeline.errors import PipelineError
from vae.pipeline.stage import hash_inputs, say_in_one_line, write_outputs

SCRIPT = preprocess.__file__
OUTPUT = Path("data/images.npz")


def run(script=SCRIPT, *, before="", options=(), **kwargs):
    """Run a stage as a process, after some lines of code once its inputs are hashed."""
    code = (
        f"import runpy, sys; sys.argv = [{script!r}]\n"
        f"sys.path.insert(0, {str(Path(script).parent)!r})\n"
        f"import vae.pipeline.stage\n{before}\n"
        f"runpy.run_path({script!r}, run_name='__main__')"
    )
    command = [sys.executable, "-BE", *options, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, **kwargs
    )


def the_line(result, status=1):
    """The only line on standard error of a process that ended with a status."""
    assert result.returncode == status
    (line,) = result.stderr.splitlines()
    return line


def code_in(folder):
    """A copy of a module that preprocess depends on, as it would lie in the project."""
    path = folder / "stages/vae/pipeline/arrays.py"
    path.parent.mkdir(parents=True)
    path.touch()


EDITS = {
    "params.yaml, preprocess": """
text = open('params.yaml').read().replace('seed: 3', 'seed: 9')
open('params.yaml', 'w').write(text)""",
    "data/verified/t10k-labels-idx1-ubyte": """
open('data/verified/t10k-labels-idx1-ubyte', 'r+b').write(bytes([0, 0, 8, 1]))
open('data/verified/t10k-labels-idx1-ubyte', 'ab').seek(0)
import os; f = os.open('data/verified/t10k-labels-idx1-ubyte', os.O_WRONLY)
os.pwrite(f, b'1', 9)""",
    "stages/vae/pipeline/arrays.py": "open('stages/vae/pipeline/arrays.py', 'a').write('# changed')",
    "stages/vae/pipeline/stage.py": "open('stages/vae/pipeline/stage.py', 'a').write('# new')",
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_during_a_run_is_not_recorded_as_what_was_run(tiny, tmp_path, name):
    code_in(tmp_path)
    line = the_line(run(before=EDITS[name]))
    assert line == (
        f"error: {name}: changed while the stage ran, so nothing of it is written; "
        "run it again: dvc repro"
    )
    assert not OUTPUT.exists()


def test_an_edit_of_what_a_stage_does_not_read_is_none(tiny, tmp_path):
    code_in(tmp_path)
    tiny(evaluate__seed=8)
    edit = "text = open('params.yaml').read().replace('seed: 8', 'seed: 9')\n"
    edit += "open('params.yaml', 'w').write(text); open('stages/x.py', 'w').close()"
    assert run(before=edit).returncode == 0
    assert "seed: 9" in Path("params.yaml").read_text() and OUTPUT.exists()


def test_modules_in_folders_are_inputs(tiny, tmp_path):
    folder = tmp_path / "stages/vae/figures"
    folder.mkdir(parents=True)
    before = hash_inputs("render")
    (folder / "new.py").touch()
    after = hash_inputs("render")
    assert after.keys() - before.keys() == {"stages/vae/figures/new.py"}
    assert all(len(digest) == 64 for digest in after.values())


def test_a_file_that_is_gone_has_changed(tiny, monkeypatch):
    monkeypatch.setattr(sys, "argv", [SCRIPT])
    monkeypatch.setattr(vae.pipeline.stage, "INPUTS", hash_inputs("preprocess"))
    Path("data/verified/t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(PipelineError, match="t10k-labels-idx1-ubyte: changed while"):
        write_outputs({OUTPUT: b""})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PipelineError("too large"), "error: too large"),
        (OSError(28, "No space", "results/x"), "error: results/x: No space"),
        (OSError("broken pipe"), "error: broken pipe"),
        (KeyboardInterrupt(), "interrupted"),
        (MemoryError(), "error: the memory does not suffice; lower the batch size"),
        (
            type("ResourceExhaustedError", (Exception,), {})("when allocating"),
            "error: the memory does not suffice; lower the batch size",
        ),
    ],
)
def test_what_a_user_can_mend_is_one_line(capsys, monkeypatch, error, message):
    monkeypatch.setattr("os._exit", lambda status: None)
    say_in_one_line(type(error), error, None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(message)


def test_a_bug_keeps_its_traceback(tiny):
    result = run(
        before="import vae.pipeline.arrays; vae.pipeline.arrays.ZipInfo = None"
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback") and "TypeError" in result.stderr


def test_a_stage_runs_from_the_root_alone(tmp_path):
    line = the_line(run(cwd=tmp_path))
    assert line == "error: no dvc.yaml here; run from the project's root: dvc repro"


@pytest.mark.parametrize("stage", ["preprocess", "train"])
def test_an_interrupt_while_modules_are_loaded_is_one_line(tiny, stage):
    script = str(Path(SCRIPT).with_name(f"{stage}.py"))
    edit = "import builtins, os, signal; signal.signal(signal.SIGINT, "
    edit += "signal.default_int_handler); real = builtins.__import__\n"
    edit += "def load(name, *args, **kwargs):\n"
    edit += "    if name == 'numpy': os.kill(os.getpid(), signal.SIGINT)\n"
    edit += "    return real(name, *args, **kwargs)\n"
    edit += "builtins.__import__ = load"
    assert the_line(run(script, before=edit), -signal.SIGINT) == "interrupted"


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_end_nothing_and_reach_no_file(tiny, streams):
    assert run().returncode == 0
    expected = OUTPUT.read_bytes()
    OUTPUT.unlink()
    command = f'exec "$0" -BE "$1" {streams}'
    subprocess.run(["sh", "-c", command, sys.executable, SCRIPT], check=True)
    assert OUTPUT.read_bytes() == expected


def test_closed_streams_are_open_again_before_any_file_is(tiny):
    code = (
        f"import os, sys; sys.argv = [{SCRIPT!r}]\n"
        f"sys.path.insert(0, {str(Path(SCRIPT).parent)!r})\n"
        "import vae.pipeline.stage; file = open(os.devnull); sys.stderr.write('heard')\n"
        "sys.exit(0 if file.fileno() > 2 else 1)"
    )
    command = ["sh", "-c", 'exec "$0" -BE -c "$1" <&- >&- 2>&-', sys.executable, code]
    subprocess.run(command, check=True)


def test_another_module_of_this_name_is_not_loaded(tiny, tmp_path):
    (tmp_path / "other/vae").mkdir(parents=True)
    (tmp_path / "other/vae/__init__.py").write_text("raise ZeroDivisionError")
    stages = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    python, *options, script = stages["preprocess"]["cmd"].split()
    assert (python, script) == ("python", "stages/preprocess.py")
    result = subprocess.run(
        [sys.executable, *options, SCRIPT],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "other"), "PYTHONSAFEPATH": "1"},
        check=False,
    )
    assert result.returncode == 0 and OUTPUT.exists()


def test_our_module_comes_before_a_package_of_its_name_elsewhere(tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae/__init__.py").write_text("raise ZeroDivisionError")
    subprocess.run(
        [sys.executable, "-c", "import vae.pipeline.errors"],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(Path(SCRIPT).parent), str(tmp_path)])},
        cwd="/",
        check=True,
    )


@pytest.mark.parametrize(
    "setting", ["MPLBACKEND", "LOKY_MAX_CPU_COUNT", "JOBLIB_MULTIPROCESSING"]
)
def test_a_setting_that_libraries_cannot_read_ends_nothing(tiny, setting):
    before = (
        "from vae.evaluation.latents import probe_hits; import numpy as np\n"
        "import vae.figures.latent_plane; x = np.eye(10, dtype='f')\n"
        "probe_hits(x, np.arange(10) % 2, x, np.arange(10) % 2)"
    )
    result = run(before=before, env=os.environ | {setting: "junk"})
    assert result.returncode == 0, result.stderr
