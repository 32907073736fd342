"""Downloads from mirrors by pooch, which retries and checks hashes.

This module adds limits of size and time, and refuses plain HTTP and useless retries.
"""

import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from vae.data.catalog import DataFile
from vae.data.sources import max_seconds, read_folder
from vae.data.verification import SourceError
from vae.pipeline.errors import one_line

# pooch would announce each file; the stage prints one line for all files.
pooch.get_logger().setLevel("WARNING")

TIMEOUT = (4, 30)  # seconds to connect, and between two reads


class TooSlow(BaseException):
    """A time limit was exceeded; not an Exception, which libraries might catch."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the body after this time, even while data still arrive."""

    def stop(*_):
        raise TooSlow(f"given up after {seconds:.0f} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def fetch_mirror(url: str, files: Iterable[DataFile]) -> dict[str, bytes]:
    """Download the .gz files from a folder of a web server; return contents by name.

    A server error, a broken connection or a wrong hash is followed by two retries,
    after 1 and 2 seconds. Raises SourceError at the first file that fails finally.
    """
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            name = f"{file.name}.gz"
            downloader = partial(download_capped, size=file.gz_size)
            registry = {name: file.gz_sha256}
            mirror = pooch.create(folder, url, registry=registry, retry_if_failed=2)
            try:
                with time_limit(max_seconds(file.gz_size)):
                    mirror.fetch(name, downloader=downloader)
            except (OSError, ValueError, TooSlow) as error:
                raise SourceError(f"{name}: {root_cause(error)}") from error
        return read_folder(Path(folder), files)


def download_capped(url: str, path: str, _: pooch.Pooch, *, size: int) -> None:
    """Download `url` to `path`, at most `size` bytes; a downloader for pooch.

    pooch retries after an error of requests, and stops after a SourceError.
    """
    bar = tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=None)
    with bar, connect(url) as response, Path(path).open("wb") as file:
        if response.status_code != 200:
            kind = requests.HTTPError if response.status_code >= 500 else SourceError
            raise kind(f"HTTP status {response.status_code}, expected 200")
        # Otherwise requests would decompress before the hash is checked.
        response.raw.headers.pop("Content-Encoding", None)
        for chunk in response.iter_content(2**16):
            if file.tell() + len(chunk) > size:
                raise SourceError(f"more than the expected {size} bytes")
            file.write(chunk)
            bar.update(len(chunk))


def connect(url: str) -> requests.Response:
    """Request `url`. Raises SourceError if the host cannot be reached."""
    try:
        # Redirects are not followed: they could lead to plain HTTP, and requests
        # would read their bodies without limit.
        return requests.get(
            url,
            headers={"Accept-Encoding": "identity"},
            stream=True,
            allow_redirects=False,
            timeout=TIMEOUT,
        )
    except requests.ConnectionError as error:
        raise SourceError(url) from error


def root_cause(error: BaseException) -> str:
    """Return the message of the innermost exception, which is short, in one line."""
    while error.__context__ is not None:
        error = error.__context__
    return one_line(error)
