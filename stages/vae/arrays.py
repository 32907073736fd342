"""Arrays between stages: uncompressed `.npz`, whose bytes depend on content alone."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from numpy.lib import format as npy

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
        return parse_npz(path.read_bytes())
    except FileNotFoundError:
        problem = "no such file"
    except Exception as error:  # TokenError, NotImplementedError and more, of damage
        reason = " ".join(str(error).split()) or type(error).__name__
        problem = f"damaged ({reason})"
    raise PipelineError(f"{path}: {problem}; make it with: dvc repro {made_by}")


def parse_npz(content: bytes) -> dict[str, np.ndarray]:
    """Arrays by name, read-only; takes little more memory than the content twice.

    np.load would unpack any deflated member, and allocate whatever a header declares.
    Raises ValueError, or what zipfile and NumPy raise, if the content is damaged.
    """
    with ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        if {member.compress_type for member in members} - {ZIP_STORED}:
            raise ValueError("compressed, expected plain members")
        received = sum(member.file_size for member in members)
        if received > len(content):
            raise ValueError(f"members of {received} bytes in {len(content)}")
        return {
            member.filename.removesuffix(".npy"): parse_npy(archive.read(member))
            for member in members
        }


def parse_npy(content: bytes) -> np.ndarray:
    """The array in the content of a .npy file of version 1.0, whose memory it shares."""
    stream = BytesIO(content)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("a version of .npy other than 1.0")
    shape, fortran_order, dtype = npy.read_array_header_1_0(stream)
    # Not np.ndarray(shape, dtype, content): it would take bytes for pointers to objects.
    flat = np.frombuffer(content, dtype, offset=stream.tell())
    array = flat.reshape(shape, order="F" if fortran_order else "C")
    if array.shape != shape:  # a negative size means "the rest" to reshape
        raise ValueError(f".npy of shape {shape}, expected no negative size")
    return array
