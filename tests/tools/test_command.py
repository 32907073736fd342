"""Arguments, errors and exit status of tools and checks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import bits
import command
import compare
import encode
import kill
import pages
import sample
from conftest import ROOT


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        (sample, "", "the following arguments are required: count"),
        (sample, "10001", "argument count: received '10001'; Input should be less th"),
        (sample, "1 --seed=-1", "argument --seed: received '-1'; Input should be gr"),
        (sample, "1 --\x1b[2J", r"unrecognized arguments: --\x1b[2J; see --help"),
        (encode, "a --samples=0", "argument --samples: received '0'; Input should be"),
        (compare, "a --tolerance nan", "argument --tolerance: received 'nan'; Input "),
        (compare, "a --tolerance=-1", "argument --tolerance: received '-1'; Input sh"),
        (kill, "-3", "argument kills: received '-3'; Input should be greater than"),
        (bits, "a", "argument configuration: received 'a'; Input should be 'default'"),
        (pages, "--foo", "unrecognized arguments: --foo"),
        (bits, "--foo", "unrecognized arguments: --foo"),
    ],
)
def test_a_wrong_argument_gives_a_one_line_error(tool, module, arguments, message):
    status, printed, errors = tool(module, arguments)
    assert (status, printed) == (1, "")
    assert errors.startswith(f"error: {message}")
    assert errors.endswith("; see --help\n") and errors.count("\n") == 1


def test_bits_runs_all_configurations_by_default(tool, monkeypatch):
    monkeypatch.setattr(bits, "CONFIGURATIONS", {"a": {}})
    monkeypatch.setattr(bits, "output_hashes", lambda name: f"of {name}")
    assert tool(bits, "") == (0, '{"a": "of a"}\n', "")


@pytest.mark.parametrize(
    ("git", "reason"),
    [("version", "repository '{}' does not exist"), ("init", "detected dubious owner")],
)
def test_an_error_of_git_gives_one_line(tool, tmp_path, monkeypatch, git, reason):
    monkeypatch.setattr(kill, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    subprocess.run(["git", git], cwd=tmp_path, check=True, capture_output=True)
    status, _, errors = tool(kill, "1")
    assert status == 1 and errors.count("\n") == 1
    assert errors.startswith(f"error: git clone: fatal: {reason.format(tmp_path)}")


SCRIPTS = """
tools/compare tools/encode tools/export tools/sample
checks/bits checks/kill checks/pages studies/run
""".split()


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_python_without_packages_gives_one_line(script):
    program = [sys.executable, "-S", ROOT / f"{script}.py"]  # -S hides packages
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    remedy = "; start it with .venv/bin/python, which `make` sets up\n"
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert " has no package " in ended.stderr and ended.stderr.endswith(remedy)


@pytest.mark.parametrize("code", ["interrupt()", "command.run(interrupt)"])
def test_ctrl_c_ends_imports_and_tools_with_one_line(code):
    code = f"import command\ndef interrupt(): raise KeyboardInterrupt\n{code}"
    program, folder = [sys.executable, "-c", code], Path(command.__file__).parent
    ended = subprocess.run(program, cwd=folder, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, b"interrupted\n")


def test_control_characters_of_a_users_text_are_printed_escaped(tool, monkeypatch):
    monkeypatch.setattr(bits, "main", lambda: print("a\x1b[2J\rb\n\u00fc", flush=True))
    assert tool(bits, "") == (0, "a\\x1b[2J\\rb\n\u00fc\n", "")


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("count", [1, 100_000])  # within a buffer and beyond it
def test_unwritable_output_gives_no_traceback(full, count):
    reader, closed = os.pipe()
    os.close(reader)
    output = os.open("/dev/full", os.O_WRONLY) if full else closed
    code = f"import command; command.run(lambda: print('a' * {count}))"
    program, folder = [sys.executable, "-c", code], Path(command.__file__).parent
    with pytest.raises(subprocess.CalledProcessError) as error:
        subprocess.run(
            program, cwd=folder, stdout=output, stderr=subprocess.PIPE, check=True
        )
    message = b"error: No space left on device\n" if full else b""
    assert (error.value.returncode, error.value.stderr) == (1, message)
