"""Files that appear whole or not at all."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vae.pipeline.errors import PipelineError, check_place


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, which need not fit into the memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files under other names; once all are on the disk, rename them.

    Raises:
        PipelineError: a folder or a file cannot be written. Then the old files are
            still there, and nothing else.
    """
    # The names are fixed, so that a run overwrites what a killed one has left.
    parts = {path: path.with_name(f"{path.name}.part") for path in contents}
    path = Path()
    try:
        for path, part in parts.items():
            check_place(path)
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
