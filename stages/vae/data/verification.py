"""Verification of a dataset's files by their SHA-256."""

import hashlib
import zlib

from vae.data.catalog import DATASETS, DataFile

GZIP = b"\x1f\x8b"  # the first bytes of a .gz


class SourceError(OSError):
    """A source failed; the message gives the reason in one line."""


def sha256(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def verified(file: DataFile, content: bytes) -> bytes:
    """Return the content of a file, given plain or as .gz, if its SHA-256 is correct.

    Raises SourceError otherwise; it names the file that has this hash, if known.
    """
    if content.startswith(GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:  # one byte beyond the size makes the hash wrong
            content = unpacker.decompress(content, file.size + 1)
        except zlib.error as error:
            raise SourceError(f"{file.name}.gz: {error}") from error
    digest = sha256(content)
    if digest != file.sha256:
        owners = {
            known.sha256: f" of {dataset.title}'s {known.name}"
            for dataset in DATASETS.values()
            for known in dataset.files
        }
        message = f"SHA-256 {digest}{owners.get(digest, '')}, expected {file.sha256}"
        raise SourceError(f"{file.name}: {message}")
    return content
