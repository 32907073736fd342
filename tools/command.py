"""How a tool starts and ends: it finds `stages/`, and an error is one line.

Import this module before anything of `vae`, which need not be installed.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "stages"))

from vae.pipeline.stage import replace_closed_streams, report_error


def run(main: Callable[[], int | None]) -> None:
    """Run a tool, whose result is its exit status, and report errors as stages do."""
    replace_closed_streams()
    try:
        status = main()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  reported
        report_error(type(error), error, error.__traceback__)
        status = 1
    sys.exit(status)
