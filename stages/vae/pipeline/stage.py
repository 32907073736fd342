"""Begin and end of a stage, with hashes of its inputs and one-line errors."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ruamel.yaml import YAML, YAMLError

from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.files import hash_file, write_files


class Stage:
    """A stage of `dvc.yaml`.

    DVC hashes the inputs of a stage after its end, and would record an edit during the
    run as an input of the run. Therefore each stage hashes its inputs itself: in
    `begin`, before the imports of the code that it runs, and again in `write`.
    """

    def __init__(self, name: str):
        self.name = name
        self.inputs: dict[str, Any] = {}

    def begin(self) -> None:
        """Report errors in one line, refuse arguments, and hash the inputs."""
        sys.excepthook = report_error
        parser = ArgumentParser(description=sys.modules["__main__"].__doc__)
        if unknown := parser.parse_known_args()[1]:
            problem = f"unrecognized arguments: {' '.join(unknown)}"
            raise PipelineError(f"{problem}; expected none; params.yaml has them")
        if not Path("dvc.yaml").is_file():
            problem = "no dvc.yaml here; run from the project's root: dvc repro"
            raise PipelineError(problem)
        self.inputs = hash_inputs(self.name)

    def write(self, outputs: Mapping[Path, bytes]) -> None:
        """Write outputs; if an input has changed, raise PipelineError instead."""
        now = hash_inputs(self.name) if self.inputs else {}
        for name in self.inputs | now:
            if repr(self.inputs.get(name)) != repr(now.get(name)):
                raise PipelineError(
                    f"{name}: changed while the stage ran, so no output is "
                    "written; run it again: dvc repro"
                )
        write_files(outputs)


def hash_inputs(stage: str) -> dict[str, Any]:
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


def read_sections(names: Iterable[str]) -> dict[str, Any]:
    """Read sections of `params.yaml`; none if `read_params` will refuse the file."""
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
        return {f"params.yaml, {name}": params[name] for name in names}
    except (KeyError, OSError, RecursionError, TypeError, ValueError, YAMLError):
        return {}


def report_error(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Print errors that the user can fix in one line, and others with a traceback.

    Python calls this for uncaught exceptions, and then exits with status 1.
    """
    if issubclass(kind, PipelineError):
        message = f"error: {error}"
    elif issubclass(kind, KeyboardInterrupt):
        message = "interrupted"
    elif issubclass(kind, MemoryError) or kind.__name__ == "ResourceExhaustedError":
        message = (
            "error: out of memory; lower the batch size, the numbers of samples, the "
            "grid or the layers in params.yaml"
        )
    elif isinstance(error, OSError):
        path = f"{error.filename}: " if error.filename else ""
        message = f"error: {path}{error.strerror or error}"
    else:
        sys.__excepthook__(kind, error, traceback)
        return
    lines = map(printable, message.split("\n"))  # control characters
    print(*lines, sep="\n", file=sys.stderr, flush=True)
    if kind.__name__ == "ResourceExhaustedError":
        os._exit(1)  # a regular exit of TensorFlow would print more errors
