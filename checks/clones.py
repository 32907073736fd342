"""Clones of a commit: their parameters, environment, hashes and DVC's locks.

`python checks/clones.py` repairs DVC's locks in the current folder. This module is
copied to Dask's workers, so it imports nothing from the repository.
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


def environment() -> dict[str, str]:
    """Return environment variables for commands in a clone.

    PATH begins with the folder of this interpreter, and VAE_DATA_DIR is absolute.
    """
    others = os.environ.get("PATH", os.defpath)
    changes = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{others}"}
    if folder := os.environ.get("VAE_DATA_DIR"):
        changes["VAE_DATA_DIR"] = str(Path(__file__).resolve().parent.parent / folder)
    return os.environ | changes


def change_params(path: Path, changes: Mapping[str, Any]) -> None:
    """Change values in a file of parameters, by names such as `train.seed`."""
    params = YAML(typ="safe").load(path)
    for key, value in changes.items():
        section, name = key.split(".")
        params[section][name] = value
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(params, file)


def file_hashes(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of files, and of all files in folders, by path.

    Paths are relative to `folder`. Missing ones are left out.
    """
    hashes = {}
    for top in [folder / path for path in paths]:
        for file in [top, *sorted(top.rglob("*"))]:
            if file.is_file():
                content = hashlib.sha256(file.read_bytes())
                hashes[file.relative_to(folder).as_posix()] = content.hexdigest()
    return hashes


def repair_locks(folder: Path) -> None:
    """Repair locks that DVC, killed while it wrote, has left truncated.

    A lock between processes is removed. A lock file of results is restored from Git,
    unless it was deleted or has a merge conflict.
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
        repair_locks(Path())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
