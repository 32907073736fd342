"""Writing files so that each appears whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from vae.errors import PipelineError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, and move it there once it is on the disk.

    Raises:
        PipelineError: the folder or the file cannot be written; nothing is left behind.
    """
    # Always the same name, so that the next run overwrites what a killed one has left.
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise PipelineError(f"{path}: not written: {error.strerror}") from error
