"""Command lines of tools and checks, with errors in one line.

Import this module before packages and `vae`: it adds `stages/` to the path of modules,
and reports errors of the imports that follow.
"""

import argparse
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, cast


def report(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Print Ctrl-C, a missing package or an error of the user in one line."""
    if issubclass(kind, KeyboardInterrupt):  # also before the import of `report_error`
        print("interrupted", file=sys.stderr)
    elif isinstance(error, ModuleNotFoundError):
        problem = f"{sys.executable} has no package {error.name}"
        remedy = "start it with .venv/bin/python, which `make` sets up"
        print(f"error: {problem}; {remedy}", file=sys.stderr)
    else:
        report_error(kind, error, traceback)


sys.excepthook = report
sys.path.insert(0, str(Path(__file__).parent.parent / "stages"))

from pydantic import TypeAdapter, ValidationError

from vae.pipeline.errors import PipelineError
from vae.pipeline.stage import report_error


class Parser(argparse.ArgumentParser):
    """A parser of command lines that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        raise PipelineError(f"{message}; see --help")


def parse_as(kind: Any) -> Callable[[str], Any]:
    """Return an argument's `type` that parses text as an annotated type."""

    def parse(text: str) -> Any:
        try:
            return TypeAdapter(kind).validate_strings(text)
        except ValidationError as error:
            message = f"received {text!r}; {error.errors()[0]['msg']}"
            raise argparse.ArgumentTypeError(message) from None

    return parse


def run(main: Callable[[], int | None]) -> None:
    """Run `main`, exit with the status that it returns, and report errors as stages."""
    for stream in (sys.stdout, sys.stderr):  # which may not encode every name
        cast(TextIOWrapper, stream).reconfigure(errors="backslashreplace")
    try:
        status = main()
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  reported
        if not isinstance(error, BrokenPipeError):  # a reader such as `head` has ended
            report(type(error), error, error.__traceback__)
        status, sys.stdout = 1, None  # or Python would write to it at exit
    sys.exit(status)
