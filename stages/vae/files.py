"""Writing files so that each appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vae.errors import PipelineError

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, and move it there once it is on the disk.

    Raises:
        PipelineError: the folder or the file cannot be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(path.parent):
            _replace(path, content)
    except OSError as error:
        raise PipelineError(f"{path}: not written: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    # Always the same name, so that the next run overwrites what a killed one has left.
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Have other writers wait; the system itself lifts the lock of a killed one."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
