"""The datasets, as defined in `catalog.yaml`."""

from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML, YAMLError

from vae.data.sprites import NUM_IMAGES, choose_side
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.schema import Download, Section

# Images and labels of the training set, then of the test set, as named in `dvc.yaml`
# and `preprocess`. The sources of a dataset may use other names.
NAMES = [
    *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
]
# Datasets that are not in the catalog: the user's files, and images drawn by a rule.
OWN, SPRITES = "own", "sprites"
T = TypeVar("T")
Four = Annotated[list[T], Field(min_length=4, max_length=4)]  # a value per file
Size = Annotated[int, Field(gt=8)]  # the header of an IDX file has at least 8 bytes
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Url = Annotated[str, Field(pattern="^https://.*/$")]


class DataFile(NamedTuple):
    """A file, and the same file compressed: sizes in bytes, SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str
    gz_size: int
    gz_sha256: str


class Package(Section):
    """A file inside a package's wheel, and the wheel's size in bytes and SHA-256."""

    requirement: str
    size: Size
    sha256: Sha256
    member: str


class Dataset(Section):
    """A dataset of images, each of one class."""

    title: str
    classes: list[str]  # names, in the order of the labels
    names: Four[str] = NAMES
    sizes: Four[Size]
    sha256: Four[Sha256]
    gz_sizes: Four[Size]
    gz_sha256: Four[Sha256]
    mirrors: list[Url]  # folders with the .gz files, ending in a slash
    license: str
    citation: str
    package: Package | None = None  # pip can fetch it
    folder: str | None = None  # of a package of the operating system

    @property
    def files(self) -> list[DataFile]:
        """The four files in the order of NAMES."""
        columns = self.names, self.sizes, self.sha256, self.gz_sizes, self.gz_sha256
        return [DataFile(*row) for row in zip(*columns, strict=True)]

    @property
    def num_training_images(self) -> int:
        """Number of labels: one byte each, after a header of 8 bytes."""
        return self.sizes[1] - 8

    @property
    def num_test_images(self) -> int:
        """Number of labels, as above."""
        return self.sizes[3] - 8


def read_catalog(path: Path) -> dict[str, Dataset]:
    """Read the datasets by name. Raises PipelineError for the first mistake."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Dataset]).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        problem = f"received {first['input']!r:.80}; {first['msg']}"
        raise PipelineError(f"{path}: {name}: {problem}") from None
    except (YAMLError, ValueError) as error:
        raise PipelineError(f"{path}: not YAML: {one_line(error)}") from None


DATASETS = read_catalog(Path(__file__).with_suffix(".yaml"))


def choose_dataset(name: str) -> Dataset:
    """Return the dataset of this name. Raises PipelineError if there is none."""
    if name not in DATASETS:
        known = ", ".join([*DATASETS, SPRITES])
        message = f"received {name!r}; allowed: {known} or {OWN}"
        raise PipelineError(f"params.yaml: download.dataset: {message}")
    return DATASETS[name]


class Counts(NamedTuple):
    """Numbers of images of a dataset."""

    training: int  # with those for validation
    test: int


def known_counts(settings: Download) -> Counts | None:
    """Return the counts of a dataset, or None for the user's images.

    Raises PipelineError if there is no such dataset, or not of this size.
    """
    if settings.dataset == OWN:
        return None
    if settings.dataset == SPRITES:
        choose_side(settings.size)
        return Counts(NUM_IMAGES, 0)
    known = choose_dataset(settings.dataset)
    return Counts(known.num_training_images, known.num_test_images)
