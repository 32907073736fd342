"""Begin and end of a stage: its inputs are hashed, and errors are one line."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from ruamel.yaml import YAML, YAMLError

from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.files import hash_file, write_files


class Stage:
    """A stage of `dvc.yaml`.

    DVC hashes the inputs of a stage after its end, and would record an edit during the
    run as what was run. So a stage hashes them itself: in `begin`, which comes before
    the imports of the code that it runs, and again in `write`.
    """

    def __init__(self, name: str):
        self.name = name
        self.inputs: dict[str, str] = {}

    def begin(self) -> None:
        """Report errors in one line, and hash the inputs."""
        replace_closed_streams()
        sys.excepthook = report_error
        # A user's choice of a backend that is not installed would stop Matplotlib.
        os.environ["MPLBACKEND"] = "agg"
        if not Path("dvc.yaml").is_file():
            problem = "no dvc.yaml here; run from the project's root: dvc repro"
            raise PipelineError(problem)
        self.inputs = hash_inputs(self.name)

    def write(self, outputs: Mapping[Path, bytes]) -> None:
        """Write outputs, or none and raise PipelineError if an input has changed."""
        now = hash_inputs(self.name) if self.inputs else {}
        for name in self.inputs | now:
            if self.inputs.get(name) != now.get(name):
                raise PipelineError(
                    f"{name}: changed while the stage ran, so nothing of it is "
                    "written; run it again: dvc repro"
                )
        write_files(outputs)


def hash_inputs(stage: str) -> dict[str, str]:
    """Return the SHA-256 of each file that a stage depends on, and its parameters."""
    entry = YAML(typ="safe").load(Path("dvc.yaml"))["stages"][stage]
    paths = [Path(dep) for dep in entry["deps"]]
    paths += [path for folder in paths for path in sorted(folder.rglob("*"))]
    hashes = {
        str(path): hash_file(path)
        for path in paths
        if path.is_file() and path.suffix != ".pyc"
    }
    return hashes | read_sections(entry.get("params", []))


def read_sections(names: Iterable[str]) -> dict[str, str]:
    """Sections of `params.yaml` as text; none if `read_params` will refuse the file."""
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
        return {f"params.yaml, {name}": repr(params[name]) for name in names}
    except (KeyError, OSError, TypeError, ValueError, YAMLError):
        return {}


def replace_closed_streams() -> None:
    """Open the null device in place of standard streams that are closed.

    Otherwise the next file that is opened would get what is printed.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or Path(os.devnull).open("w")
    sys.stderr = sys.stderr or Path(os.devnull).open("w")


def report_error(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Print what the user can mend in one line, and the traceback of any other error.

    Python calls this for an exception that nothing has caught; exit status 1 follows.
    """
    if issubclass(kind, PipelineError):
        message = f"error: {error}"
    elif issubclass(kind, KeyboardInterrupt):
        message = "interrupted"
    elif issubclass(kind, MemoryError) or kind.__name__ == "ResourceExhaustedError":
        message = (
            "error: the memory does not suffice; lower the batch size, the numbers "
            "of samples, the grid or the layers in params.yaml"
        )
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        message = f"error: {place}{error.strerror or error}"
    else:
        sys.__excepthook__(kind, error, traceback)
        return
    lines = map(printable, message.split("\n"))  # names come from outside
    print(*lines, sep="\n", file=sys.stderr, flush=True)
    if kind.__name__ == "ResourceExhaustedError":
        os._exit(1)  # TensorFlow cannot end in order, and would say so
