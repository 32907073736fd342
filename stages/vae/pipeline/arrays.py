"""Files of arrays: uncompressed `.npz`, whose bytes depend only on the arrays."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from vae.pipeline.errors import readable

# Arrays of `preprocess` that later stages use, in the form of `read_arrays`. Dynamic
# binarization adds `train_grey`, the training images in gray.
OBSERVATIONS = {
    "dataset": "str",
    "class_names": "str classes",
    "train_images": "uint8 train height width",
    "train_labels": "integer train",
    "validation_images": "uint8 validation height width",
    "test_images": "uint8 test height width",
    "test_labels": "integer test",
    "binarization": "str",
    "binary": "bool",
}

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


def read_arrays(
    path: Path, expected: Mapping[str, str], *, made_by: str
) -> dict[str, np.ndarray]:
    """Read all arrays of a stage's file, by name.

    Args:
        expected: type and axes of the arrays that the file must have, by name, such as
            `uint8 images height width`, or `str` for a single string. Axes of the
            same name have the same length.

    Raises:
        PipelineError: the file is missing, damaged or not as expected.
    """
    with readable(path, *DAMAGE, made_by=made_by):
        # zipfile checks the CRC-32 of members that are read to their end.
        with ZipFile(BytesIO(path.read_bytes())) as archive:
            arrays = {
                name.removesuffix(".npy"): npy.read_array(BytesIO(archive.read(name)))
                for name in archive.namelist()
            }
        check_arrays(arrays, expected)
        return arrays


def check_arrays(arrays: Mapping[str, np.ndarray], expected: Mapping[str, str]) -> None:
    """Raise ValueError at the first array that is not as expected."""
    lengths = {}
    for name, form in expected.items():
        if name not in arrays:
            raise ValueError(f"no array {name}")
        dtype, *axes = form.split()
        shape = arrays[name].shape
        wanted = np.integer if dtype == "integer" else np.dtype(dtype).type
        fits = np.issubdtype(arrays[name].dtype, wanted)  # strings have any length
        if not fits or len(shape) != len(axes):
            received = f"{arrays[name].dtype} of shape {shape}"
            raise ValueError(f"{name} is {received}, expected {form}")
        for axis, length in zip(axes, shape, strict=True):
            if lengths.setdefault(axis, length) != length:
                wanted = f"expected {lengths[axis]} as before"
                raise ValueError(f"{name} has {length} along {axis}, {wanted}")
