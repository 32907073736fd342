"""Atomic writing of files."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vae.pipeline.errors import PipelineError


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, which need not fit in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files under temporary names; rename them once all are on the disk.

    Raises:
        PipelineError: a folder or a file cannot be written. Old files are then
            unchanged, and no new file exists.
    """
    # The names are fixed, so that a run overwrites the files of a killed run. They are
    # hidden, as a user would hardly choose them.
    parts = {path: path.with_name(f".{path.name}.tmp") for path in contents}
    path = Path()
    try:
        for path, part in parts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(contents[path])
                file.flush()
                os.fsync(file.fileno())
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise PipelineError(f"{path}: not written: {error.strerror}") from error
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink()
