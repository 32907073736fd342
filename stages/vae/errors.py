"""How a stage ends when something outside the code is wrong."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class PipelineError(Exception):
    """A failure that the user can mend; the message is one line that says how."""


def run(main: Callable[[], None]) -> None:
    """Run a stage; end with one line and status 1 where the user can mend it.

    Any other exception is a bug of ours and keeps its traceback.
    """
    if not Path("dvc.yaml").is_file():
        sys.exit("error: no dvc.yaml here; run from the project's root: dvc repro")
    try:
        main()
    except PipelineError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        named = f"{error.filename}: {error.strerror}" if error.filename else error
        sys.exit(f"error: {named}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


def one_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def readable(path: Path, *damage: type[Exception], made_by: str) -> Iterator[None]:
    """Read a file of the pipeline; if that fails, say which stage makes it anew.

    Args:
        path: of the file.
        damage: what a damaged file raises; anything else is a bug and passes.
        made_by: the stage that writes it.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    try:
        yield
        return
    except FileNotFoundError:
        problem = "no such file"
    except damage as error:
        problem = f"damaged ({one_line(error)})"
    raise PipelineError(f"{path}: {problem}; make it with: dvc repro {made_by}")
