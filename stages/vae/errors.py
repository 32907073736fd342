"""How a stage ends when something outside the code is wrong."""

import sys
from collections.abc import Callable
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
