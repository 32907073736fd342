"""How tools and checks start and end: they find `stages/`, and an error is one line.

Import this module before anything of `vae`, which need not be installed.
"""

import argparse
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
    """Return an argument's `type`: one with a range, as in `vae.pipeline.schema`."""

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
        status = main()
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  reported
        if not isinstance(error, BrokenPipeError):  # a reader like `head` has enough
            report_error(type(error), error, error.__traceback__)
        status, sys.stdout = 1, None  # to which Python would write again as it ends
    sys.exit(status)
