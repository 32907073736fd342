"""Errors that the user can fix, and checks that raise them."""

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


def check_path(path: Path) -> None:
    """Raise PipelineError unless `path` is a file or could be one."""
    for folder in path.parents:
        if folder.exists() and not folder.is_dir():
            problem = "a file where a folder should be; move it away"
            raise PipelineError(f"{folder}: {problem}")
    if path.exists() and not path.is_file():  # reading a pipe would never end
        raise PipelineError(f"{path}: not a regular file; move it away")


@contextmanager
def readable(path: Path, *damage: type[Exception], made_by: str) -> Iterator[None]:
    """Raise PipelineError, with the stage to run, if the body cannot read a file.

    `damage` are the exceptions of a damaged file; any other exception passes.
    """
    check_path(path)
    remedy = f"make it with: dvc repro {made_by}"
    try:
        yield
        return
    except FileNotFoundError:
        problem = "no such file; run from the project's root"
        remedy += "; or get it with: dvc pull, if there is a DVC remote"
    except damage as error:
        problem = f"damaged ({one_line(error)})"
    raise PipelineError(f"{path}: {problem}; {remedy}") from None
