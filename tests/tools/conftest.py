"""What tests of the tools share."""

import sys

import pytest

import command


@pytest.fixture
def tool(monkeypatch, capsys):
    """Runs a tool in this process; returns its status, output and errors."""

    def call(module, arguments):
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
            patch.setattr(sys, "argv", [module.__file__, *arguments.split()])
            patch.setattr(sys, "stdout", sys.stdout)  # which `run` may remove
            command.run(module.main)
        return end.value.code or 0, *capsys.readouterr()

    return call
