"""Files of arrays: uncompressed `.npz`, whose bytes depend only on the arrays."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from vae.pipeline.errors import readable

# Exceptions of zipfile and NumPy for damaged files. A flipped bit that marks a member
# as encrypted, or as one of a newer version, raises RuntimeError.
DAMAGE = (BadZipFile, EOFError, RuntimeError, ValueError)


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of a file of arrays, in the given order."""
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for name, array in arrays.items():
            member = BytesIO()
            npy.write_array(member, np.asarray(array), allow_pickle=False)
            # The headers of `np.savez` depend on the version of Python, and these two
            # fields on the operating system.
            info = ZipInfo(f"{name}.npy")
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, member.getvalue())
    return content.getvalue()


def read_arrays(path: Path, *, made_by: str) -> dict[str, np.ndarray]:
    """Read the arrays of a stage's file, by name.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    with readable(path, *DAMAGE, made_by=made_by):
        archive = ZipFile(BytesIO(path.read_bytes()))
        # zipfile checks the CRC-32 of members that are read to their end.
        return {
            name.removesuffix(".npy"): npy.read_array(BytesIO(archive.read(name)))
            for name in archive.namelist()
        }
