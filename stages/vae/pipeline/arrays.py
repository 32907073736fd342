"""Files of arrays: uncompressed `.npz`, whose bytes depend only on the arrays."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from vae.pipeline.errors import readable

# Arrays of `preprocess` that later stages use, in the form of `read_arrays`. Dynamic
# binarization adds `train_gray`, the training images in gray.
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
# Arrays of `evaluate` that later stages use, and further ones of some models.
LATENTS = {
    "dataset": "str",
    "class_names": "str classes",
    "image_shape": "int64 2",
    "is_ink": "bool",
    "label": "integer images",
    "loc": "float32 images latent",
    "rate_by_dimension": "float32 latent",
    "prior_loc": "float32 components latent",
    "prior_scale": "float32 components latent",
    "curve_num_samples": "int64 counts",
    "curve_iwae_bound": "float64 counts",
    "num_importance_samples": "int64",
    "iwae_bound": "float64",
    "log_evidence": "float64",
    "shown_label": "integer rows columns",
    "shown_input": "uint8 rows columns pixels",
    "shown_reconstruction": "float32 rows columns pixels",
    "samples": "float32 samples pixels",
}
MANIFOLD = {"manifold": "float32 side side pixels", "manifold_z": "float32 side"}
POSTERIORS = {
    "posterior_label": "integer chosen",
    "posterior_loc": "float32 chosen 2",
    "posterior_scale": "float32 chosen 2",
    "posterior_gap": "float32 chosen",
    "posterior_axes": "float32 chosen 2 2 points",
    "posterior_log_prob": "float32 chosen 2 points points",
}
TRAVERSALS = {
    "traversal_start": "uint8 pixels",
    "traversed": "integer dimensions",
    "traversal": "float32 dimensions steps pixels",
    "traversal_z": "float32 steps",
}
FACTORS = {
    "factor_names": "str factors",
    "factor_information": "float64 latent factors",
    "factor_mean": "float32 factors values latent",
    "factor_deviation": "float32 factors values latent",
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
            same name have the same length, and `integer` is of any size.

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


def read_latents(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of `evaluate` that a model of its kind has, by name."""
    arrays = read_arrays(path, LATENTS, made_by="evaluate")
    expected, latent_dim = dict(LATENTS), arrays["loc"].shape[1]
    if latent_dim > 2:
        expected |= TRAVERSALS
    if latent_dim == 2 and np.isfinite(arrays["log_evidence"]):
        expected |= POSTERIORS
    if latent_dim == 2 and not arrays["prior_loc"].any():  # the standard prior
        expected |= MANIFOLD
    if "factor_names" in arrays:
        expected |= FACTORS
    with readable(path, ValueError, made_by="evaluate"):
        check_arrays(arrays, expected)
        if arrays["samples"].shape[1] != arrays["image_shape"].prod():
            raise ValueError("image_shape is not that of samples")
    return {name: arrays[name] for name in expected}


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
