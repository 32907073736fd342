"""Command lines of tools and checks, with errors in one line.

Import this module before `vae`: it adds `stages/` to the path of modules.
"""

import argparse
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn, cast

from pydantic import TypeAdapter, ValidationError

sys.path.insert(0, str(Path(__file__).parent.parent / "stages"))

from vae.pipeline.errors import PipelineError
from vae.pipeline.stage import replace_closed_streams, report_error


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
    replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):  # which may not encode every name
        cast(TextIOWrapper, stream).reconfigure(errors="backslashreplace")
    try:
        status = main()
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  reported
        if not isinstance(error, BrokenPipeError):  # a reader such as `head` has ended
            report_error(type(error), error, error.__traceback__)
        status, sys.stdout = 1, None  # or Python would write to it at exit
    sys.exit(status)
