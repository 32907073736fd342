"""MNIST as a package for Python holds it: pickled arrays."""

import gzip
import io
import pickle

import numpy as np

from vae.data.idx import format_idx


class ArrayUnpickler(pickle.Unpickler):
    """Reads NumPy arrays; a pickle that names anything else is refused."""

    ALLOWED = {
        # The function has moved inside NumPy; any array knows where it is today.
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> object:
        """Called for each name in the pickle. Raises pickle.UnpicklingError."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} cannot be part of an array")
        return self.ALLOWED[module, name]


def unpack_pickle(content: bytes) -> list[bytes]:
    """MNIST's four files in their order, from the file inside the package.

    That is a compressed Python 2 pickle of (train, validation, test), where each is
    (images, labels): float32 [n, 784], a byte over 256, and int64 [n].
    """
    pickled = io.BytesIO(gzip.decompress(content))
    train, validation, test = ArrayUnpickler(pickled, encoding="latin1").load()
    arrays = (
        np.concatenate([to_images(train[0]), to_images(validation[0])]),
        np.concatenate([train[1], validation[1]]).astype(np.uint8),
        to_images(test[0]),
        test[1].astype(np.uint8),
    )
    return [format_idx(array) for array in arrays]


def to_images(fractions: np.ndarray) -> np.ndarray:
    """Bytes [n, 28, 28] from rows [n, 784] of bytes over 256."""
    return np.rint(256 * fractions).astype(np.uint8).reshape(-1, 28, 28)
