"""MNIST as a package for Python holds it: pickled arrays."""

import gzip
import io
import pickle

import numpy as np

from vae.data.idx import format_idx


class ArrayUnpickler(pickle.Unpickler):
    """Reads NumPy arrays, and refuses a pickle that names anything else."""

    ALLOWED = {
        # NumPy 2 has moved this function; an array refers to it wherever it is.
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> object:
        """Return what a name in the pickle stands for; pickle calls this."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} cannot be part of an array")
        return self.ALLOWED[module, name]


def unpack_pickle(content: bytes) -> list[bytes]:
    """Return the contents of MNIST's four files in their order.

    The file inside the package is a compressed pickle of Python 2. It holds training,
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
