"""How tools and checks read their command lines, and how they end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bits
import command
import compare
import encode
import kill
import sample


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        (sample, "", "the following arguments are required: count"),
        (sample, "0", "argument count: received '0'; Input should be greater than or"),
        (
            sample,
            "2.5",
            "argument count: received '2.5'; Input should be a valid inte",
        ),
        (
            sample,
            "10001",
            "argument count: received '10001'; Input should be less",
        ),
        (sample, "1 --seed=-1", "argument --seed: received '-1'; Input should be gr"),
        (sample, "1 -o", "argument -o/--output: expected one argument"),
        (sample, "1 --new", "unrecognized arguments: --new"),
        (sample, "1 \x1b[2J", r"unrecognized arguments: \x1b[2J; see --help"),
        (encode, "a --samples=0", "argument --samples: received '0'; Input should be"),
        (encode, "a --seed=1e9", "argument --seed: received '1e9'; Input should be a"),
        (compare, "HEAD --tolerance nan", "argument --tolerance: received 'nan'; Inpu"),
        (compare, "HEAD --tolerance=-1", "argument --tolerance: received '-1'; Input "),
        (compare, "HEAD --tolerance inf", "argument --tolerance: received 'inf'; Inpu"),
        (compare, "a b c", "unrecognized arguments: c"),
        (kill, "-3", "argument kills: received '-3'; Input should be greater than"),
        (kill, "0", "argument kills: received '0'; Input should be greater than"),
        (bits, "a", "argument configuration: received 'a'; Input should be 'default'"),
        (bits, "--foo", "unrecognized arguments: --foo"),
    ],
)
def test_a_mistake_in_a_command_line_is_one_line(tool, module, arguments, message):
    status, printed, errors = tool(module, arguments)
    assert (status, printed) == (1, "")
    assert errors.startswith(f"error: {message}")
    assert errors.endswith("; see --help\n") and errors.count("\n") == 1


def test_all_configurations_are_the_default(tool, monkeypatch):
    monkeypatch.setattr(bits, "CONFIGURATIONS", {"a": {}, "b": {}})
    monkeypatch.setattr(bits, "output_hashes", lambda name: {"x": name})
    for arguments, names in {"": "ab", "b": "b"}.items():
        lines = "".join(f'{{"{name}": {{"x": "{name}"}}}}\n' for name in names)
        assert tool(bits, arguments) == (0, lines, "")


def test_help_is_no_mistake(tool):
    assert tool(sample, "--help")[::2] == (0, "")


@pytest.mark.parametrize("of_another", [False, True])
def test_what_git_says_is_one_line(tool, tmp_path, monkeypatch, of_another):
    monkeypatch.setattr(kill, "ROOT", tmp_path)  # as an archive is unpacked
    said = f"fatal: repository '{tmp_path}' does not exist"
    if of_another:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "true")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        said = "fatal: detected dubious ownership"
    status, _, errors = tool(kill, "1")
    assert status == 1 and errors.startswith(f"error: git clone: {said}")
    assert errors.count("\n") == 1


LINES = "import command; command.run(lambda: print('line\\n' * {}))"


@pytest.mark.parametrize("count", [1, 100_000])  # within a buffer, and beyond
@pytest.mark.parametrize("place", ["closed", "full"])
def test_output_that_nobody_reads_or_that_has_no_room_is_no_traceback(count, place):
    reader, writer = os.pipe()
    os.close(reader)
    output = writer if place == "closed" else os.open("/dev/full", os.O_WRONLY)
    folder = Path(command.__file__).parent
    program = [sys.executable, "-c", LINES.format(count)]
    result = subprocess.run(
        program, cwd=folder, stdout=output, stderr=subprocess.PIPE, check=False
    )
    full = b"error: No space left on device\n"
    assert result.stderr == (b"" if place == "closed" else full)
    assert result.returncode == 1
