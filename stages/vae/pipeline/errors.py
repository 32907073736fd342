"""Errors that the user can fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PipelineError(Exception):
    """An error that the user can fix; the message says how, in one line."""


def one_line(error: BaseException) -> str:
    """Return the message of an exception in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def printable(text: str) -> str:
    """Escape the characters of a text that may control a terminal, as in `\\x1b`."""
    escape = "unicode_escape"
    return "".join(c if c.isprintable() else c.encode(escape).decode() for c in text)


@contextmanager
def readable(path: Path, *damage: type[Exception], made_by: str) -> Iterator[None]:
    """Raise PipelineError, with the stage to run, if the body cannot read a file.

    `damage` are the exceptions of a damaged file; any other exception passes.
    """
    remedy = f"make it with: dvc repro {made_by}"
    try:
        yield
    except FileNotFoundError:
        raise PipelineError(
            f"{path}: no such file; run from the project's root; {remedy}; or get it "
            "with: dvc pull, if there is a DVC remote"
        ) from None
    except damage as error:
        raise PipelineError(f"{path}: damaged ({one_line(error)}); {remedy}") from None
