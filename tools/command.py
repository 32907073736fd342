"""How tools and checks start and end: they find `stages/`, and an error is one line.

Import this module before anything of `vae`, which need not be installed.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

sys.path.insert(0, str(Path(__file__).parent.parent / "stages"))

from vae.pipeline.errors import PipelineError
from vae.pipeline.stage import replace_closed_streams, report_error


class Parser(argparse.ArgumentParser):
    """A parser of command lines, whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise PipelineError(f"{message}; see --help")


def of(kind: Any) -> Callable[[str], Any]:
    """Return what makes a value of a text, for `add_argument(type=of(kind))`.

    The kind is a type with a range, as parameters have in `vae.pipeline.schema`.
    """

    def parse(text: str) -> Any:
        try:
            return TypeAdapter(kind).validate_strings(text)
        except ValidationError as error:
            message = f"received {text!r}; {error.errors()[0]['msg']}"
            raise argparse.ArgumentTypeError(message) from None

    return parse


def run(main: Callable[[], int | None]) -> None:
    """Run `main`, whose result is the exit status, and report errors as stages do."""
    replace_closed_streams()
    try:
        try:
            status = main()
        finally:
            flush_output()
    except BrokenPipeError:  # the reader has enough, as `head` has
        status = 1
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  reported
        report_error(type(error), error, error.__traceback__)
        status = 1
    sys.exit(status)


def flush_output() -> None:
    """Write what is printed; if that fails, let Python not try again as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
