"""What the tools share: a clone of the commit, its environment, hashes of its files."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


def clone(source: Path, folder: Path) -> Path:
    """Clone the current commit of a repository into a new folder; the folder."""
    subprocess.run(["git", "clone", "--quiet", source, folder], check=True)
    return folder


def environment() -> dict[str, str]:
    """This process's, but `python` and `dvc` are those beside this interpreter."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path}


def file_hashes(
    folder: Path, paths: Iterable[str], algorithm: str = "sha256"
) -> dict[str, str]:
    """Hashes by path of files, and of all files in folders.

    Args:
        folder: to which the paths are relative.
        paths: of files and folders; what is not there is left out.
        algorithm: a name that hashlib knows; DVC's is `md5`.
    """
    tops = [folder / path for path in paths]
    files = [file for top in tops for file in [top, *sorted(top.rglob("*"))]]
    return {
        file.relative_to(folder).as_posix(): hashlib.new(
            algorithm, file.read_bytes()
        ).hexdigest()
        for file in files
        if file.is_file()
    }
