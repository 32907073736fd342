"""Arrays between stages: uncompressed `.npz`, whose bytes depend on content alone."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from vae.errors import PipelineError
from vae.files import write_whole


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays in their given order."""
    content = BytesIO()
    np.savez(content, **arrays)
    write_whole(path, content.getvalue())


def read_arrays(path: Path, *, made_by: str) -> dict[str, np.ndarray]:
    """All arrays of a file by name.

    Args:
        path: of the file.
        made_by: the stage that writes it.

    Raises:
        PipelineError: the file is missing or damaged; names the mending command.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        problem = "no such file"
    except (BadZipFile, EOFError, ValueError, OSError) as error:
        problem = f"damaged ({error})"
    raise PipelineError(f"{path}: {problem}; make it with: dvc repro {made_by}")
