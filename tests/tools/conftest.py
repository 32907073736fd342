"""Fixtures for tests of the tools."""

import sys

import pytest

import command


@pytest.fixture
def tool(monkeypatch, capsys):
    """Return a function that runs a tool and returns its status, output and errors."""

    def call(module, arguments):
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
            patch.setattr(sys, "argv", [module.__file__, *arguments.split()])
            patch.setattr(sys, "stdout", sys.stdout)  # `run` may remove it
            command.run(module.main)
        return end.value.code or 0, *capsys.readouterr()

    return call
