"""Errors that the user can mend: what is wrong, and how to mend it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PipelineError(Exception):
    """A failure that the user can mend; the message says how, in one line."""


def one_line(error: BaseException) -> str:
    """Return the message of an exception in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def printable(text: str) -> str:
    """Return a text with what may control a terminal escaped, such as `\\x1b`."""
    escape = "unicode_escape"
    return "".join(c if c.isprintable() else c.encode(escape).decode() for c in text)


def check_place(path: Path) -> None:
    """Raise PipelineError unless `path` is a file or could be one."""
    for folder in path.parents:
        if folder.exists() and not folder.is_dir():
            problem = "a file where a folder should be; move it away"
            raise PipelineError(f"{folder}: {problem}")
    if path.exists() and not path.is_file():  # reading a pipe would never end
        raise PipelineError(f"{path}: something else where a file should be; move it")


@contextmanager
def readable(path: Path, *damage: type[Exception], made_by: str) -> Iterator[None]:
    """Raise PipelineError, with the stage to run, if the body cannot read a file.

    `damage` is what a damaged file raises; any other exception is a bug and passes.
    """
    check_place(path)
    mend = f"make it with: dvc repro {made_by}"
    try:
        yield
        return
    except FileNotFoundError:
        problem = "no such file"
        mend += "; or get it with: dvc pull, if there is a DVC remote"
    except damage as error:
        problem = f"damaged ({one_line(error)})"
    raise PipelineError(f"{path}: {problem}; {mend}")
