"""How a stage begins and ends: nothing wrong in silence, a line for what stops it.

A stage imports this module before all others, so that whatever it reads is hashed
before it is read, and an import that is interrupted ends in one line, too.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from ruamel.yaml import YAML, YAMLError

from vae.errors import PipelineError
from vae.files import hash_file, write_files

STAGES = Path(__file__).resolve().parent.parent


def hash_inputs(stage: str) -> dict[str, str]:
    """What a stage of `dvc.yaml` reads: SHA-256 of each file, values of parameters."""
    entry = YAML(typ="safe").load(Path("dvc.yaml"))["stages"][stage]
    paths = [Path(dep) for dep in entry["deps"]]
    paths += [path for folder in paths for path in sorted(folder.rglob("*.py"))]
    hashes = {str(path): hash_file(path) for path in paths if path.is_file()}
    return hashes | read_sections(entry.get("params", []))


def read_sections(names: Iterable[str]) -> dict[str, str]:
    """Sections of `params.yaml` as text; none if `read_params` will refuse the file."""
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
        return {f"params.yaml, {name}": repr(params[name]) for name in names}
    except (KeyError, OSError, TypeError, ValueError, YAMLError):
        return {}


def write_outputs(contents: Mapping[Path, bytes]) -> None:
    """Write what a stage has computed, if what it was computed from is still there.

    DVC hashes the inputs of a stage after its end, and would take an edit in the
    meantime for what was run.

    Args:
        contents: of all outputs by path.

    Raises:
        PipelineError: an input has changed, or a file cannot be written; no output is.
    """
    now = hash_inputs(Path(sys.argv[0]).stem) if INPUTS else {}
    for name in INPUTS | now:
        if INPUTS.get(name) != now.get(name):
            raise PipelineError(
                f"{name}: changed while the stage ran, so nothing of it is written; "
                "run it again: dvc repro"
            )
    write_files(contents)


def say_in_one_line(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """What Python calls for an exception that nothing has caught, status 1 follows.

    What the user can mend is one line; any other is a bug of ours, whose traceback
    is shown.
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
    elif issubclass(kind, OSError):
        place = f"{error.filename}: " if error.filename else ""
        message = f"error: {place}{error.strerror or error}"
    else:
        sys.__excepthook__(kind, error, traceback)
        return
    print(message, file=sys.stderr, flush=True)
    if kind.__name__ == "ResourceExhaustedError":
        os._exit(1)  # TensorFlow cannot end in order, and would say so


def begin(stage: str) -> dict[str, str]:
    """Hash what the stage is about to read. Ends in one line where there is none."""
    # What is written to a closed stream would end up in the next file that is opened.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    sys.excepthook = say_in_one_line
    os.environ["MPLBACKEND"] = "agg"  # a name that Matplotlib lacks ends its import
    if not Path("dvc.yaml").is_file():
        raise PipelineError("no dvc.yaml here; run from the project's root: dvc repro")
    return hash_inputs(stage)


# A test that imports a stage is none.
SCRIPT = Path(sys.argv[0])
INPUTS = begin(SCRIPT.stem) if SCRIPT.resolve().parent == STAGES else {}
