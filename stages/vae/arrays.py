"""Arrays between stages: uncompressed `.npz`, whose bytes depend on content alone."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from vae.errors import PipelineError


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays in their given order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)


def read_arrays(path: Path, *names: str, made_by: str) -> list[np.ndarray]:
    """Read arrays by name.

    Args:
        path: of the file.
        names: of the arrays wanted, in the order of the result.
        made_by: the stage that writes the file.

    Raises:
        PipelineError: the file is missing or damaged; names the mending command.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return [file[name] for name in names]
    except FileNotFoundError:
        problem = "no such file"
    except (BadZipFile, EOFError, KeyError, ValueError, OSError) as error:
        problem = f"damaged ({error})"
    raise PipelineError(f"{path}: {problem}; make it with: dvc repro {made_by}")
