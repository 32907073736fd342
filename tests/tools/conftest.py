"""What tests of the tools share."""

import sys

import pytest

import command


@pytest.fixture
def tool(monkeypatch, capsys):
    """Runs a tool in this process; returns its status, output and errors."""

    def call(module, arguments=""):
        monkeypatch.setattr(sys, "argv", [module.__file__, *arguments.split()])
        with pytest.raises(SystemExit) as end:
            command.run(module.main)
        return end.value.code or 0, *capsys.readouterr()

    return call
