"""A clone of the commit: its parameters, environment, hashes and DVC's locks.

`python checks/clones.py` mends DVC's locks in the current folder. Dask's workers get
this module as it is: it needs nothing of the repository.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

LOCKS = ("dvc.lock", "studies/dvc.lock")


def clone(source: Path, folder: Path) -> Path:
    """Clone the current commit of a repository into a new folder, and return it."""
    command = ["git", "clone", "--quiet", source, folder]
    subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    return folder


def environment() -> dict[str, str]:
    """Return this process's, with `python` and `dvc` beside its interpreter in PATH.

    A folder of data that is relative to this checkout is so to no clone.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    changes = {"PATH": path}
    if folder := os.environ.get("VAE_DATA_DIR"):
        changes["VAE_DATA_DIR"] = str(Path(__file__).resolve().parent.parent / folder)
    return os.environ | changes


def change_params(path: Path, changes: Mapping[str, Any]) -> None:
    """Write other values into a file of parameters, by names such as `train.seed`."""
    params = YAML(typ="safe").load(path)
    for key, value in changes.items():
        section, name = key.split(".")
        params[section][name] = value
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(params, file)


def file_hashes(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 by path of files, and of all files in folders.

    Paths are relative to `folder`; what is missing is left out.
    """
    hashes = {}
    for top in [folder / path for path in paths]:
        for file in [top, *sorted(top.rglob("*"))]:
            if file.is_file():
                content = hashlib.sha256(file.read_bytes())
                hashes[file.relative_to(folder).as_posix()] = content.hexdigest()
    return hashes


def unlock(folder: Path) -> None:
    """Mend DVC's locks, half of which a kill leaves when it comes while DVC writes.

    A lock of processes is removed. A record of runs is taken from Git, unless it was
    deleted or is in the midst of a merge.
    """
    processes = folder / ".dvc/tmp/rwlock"
    try:
        json.loads(processes.read_text())
    except FileNotFoundError:
        pass
    except ValueError:
        processes.unlink()
    for name in LOCKS:
        try:
            YAML(typ="safe").load(folder / name)["stages"]
        except FileNotFoundError:
            pass
        except (YAMLError, TypeError, KeyError):
            git = ["git", "checkout", "--quiet", name]
            subprocess.run(git, cwd=folder, check=True)


if __name__ == "__main__":
    try:
        unlock(Path())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
