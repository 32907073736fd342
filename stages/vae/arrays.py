"""Arrays between stages: uncompressed `.npz`, whose bytes depend on content alone."""

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, is_zipfile

import numpy as np
from numpy.lib import format as npy

from vae.errors import PipelineError
from vae.files import write_whole


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays in their given order."""
    content = BytesIO()
    np.savez(content, **arrays)
    write_whole(path, content.getvalue())


def read_arrays(path: Path, *names: str, made_by: str) -> dict[str, np.ndarray]:
    """All arrays of a file by name.

    Args:
        path: of the file.
        names: of arrays that it must have.
        made_by: the stage that writes it.

    Raises:
        PipelineError: the file is missing or damaged; names the mending command.
    """
    try:
        return _load(path, names)
    except FileNotFoundError:
        problem = "no such file"
    except Exception as error:  # damage has zipfile and NumPy raise many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        problem = f"damaged ({reason})"
    raise PipelineError(f"{path}: {problem}; make it with: dvc repro {made_by}")


def _load(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    with path.open("rb") as stream:
        if not is_zipfile(stream):
            raise ValueError("not an .npz file")
        _check_sizes(stream)
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as file:
            arrays = dict(file)
    for name in names:
        if name not in arrays:
            raise ValueError(f"no array {name}")
    return arrays


def _check_sizes(stream: BinaryIO) -> None:
    """Raise ValueError where arrays would take more memory than the file has bytes."""
    size = stream.seek(0, 2)
    with ZipFile(stream) as archive:
        members = archive.infolist()
        if any(member.compress_type != ZIP_STORED for member in members):
            raise ValueError("compressed")
        if sum(member.file_size for member in members) > size:
            raise ValueError("arrays larger than the file")
        for member in members:
            with archive.open(member) as content:
                if npy.read_magic(content) != (1, 0):
                    raise ValueError("not of the .npy format 1.0")
                shape, _, dtype = npy.read_array_header_1_0(content)
            if math.prod(shape) * dtype.itemsize > member.file_size:
                raise ValueError("an array larger than the file")
