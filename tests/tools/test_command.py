"""Arguments, errors and exit status of tools and checks."""

import os
import signal
import subprocess
import sys

import pytest

import bits
import compare
import sample
from conftest import ROOT


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        (sample, "", "the following arguments are required: count"),
        (sample, "0", "argument count: received '0'; Input should be greater than"),
        (sample, "1 --\x1b[2J", r"unrecognized arguments: --\x1b[2J; see --help"),
        (compare, "a --tolerance nan", "argument --tolerance: received 'nan'; Input "),
        (bits, "a", "argument configuration: received 'a'; Input should be 'default'"),
    ],
)
def test_a_wrong_argument_gives_a_one_line_error(tool, module, arguments, message):
    status, printed, errors = tool(module, arguments)
    assert (status, printed) == (1, "")
    assert errors.startswith(f"error: {message}")
    assert errors.endswith("; see --help\n") and errors.count("\n") == 1


@pytest.mark.parametrize("script", ["tools/sample.py", "studies/run.py"])
def test_a_python_without_packages_gives_one_line(script):
    program = [sys.executable, "-S", ROOT / script]  # -S hides packages
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    remedy = "; start it with .venv/bin/python, which `make` sets up\n"
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert " has no package " in ended.stderr and ended.stderr.endswith(remedy)


def run_code(code, output=None):
    """Run Python code in the folder of the tools; return exit status and errors."""
    streams = {"stdout": output, "stderr": subprocess.PIPE}
    program = [sys.executable, "-c", code]
    ended = subprocess.run(program, cwd=ROOT / "tools", check=False, **streams)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("code", ["interrupt()", "command.run(interrupt)"])
def test_ctrl_c_ends_imports_and_tools_with_one_line(code):
    code = f"import command\ndef interrupt(): raise KeyboardInterrupt\n{code}"
    assert run_code(code) == (-signal.SIGINT, b"interrupted\n")


@pytest.mark.parametrize("full", [False, True])
def test_unwritable_output_gives_no_traceback(full):
    reader, closed = os.pipe()
    os.close(reader)
    output = os.open("/dev/full", os.O_WRONLY) if full else closed
    code = "import command; command.run(lambda: print('a'))"
    message = b"error: No space left on device\n" if full else b""
    assert run_code(code, output) == (1, message)
