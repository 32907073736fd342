"""Tiny files in place of a dataset's, in a web server, a folder and a package."""

import gzip
import io
import pickle
import threading
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from vae.data.catalog import DATASETS, SIZES, DataFile, Dataset, Package
from vae.data.idx import format_idx
from vae.data.mnist import unpack_pickle
from vae.data.verification import sha256

NAMES = list(SIZES)
FIRST = f"/{NAMES[0]}.gz"


def draw_split(seed, count):
    """Return random images [count, 28, 28] and labels [count], bytes."""
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
    """Return a dataset whose files are the tiny ones, and which has no source."""
    tiny = {"files": tuple(FILES), "mirrors": (), "package": None, "folder": None}
    return DATASETS[name]._replace(**tiny | changes)


def fill(folder, suffix=""):
    """Write the tiny files into a new folder, plain or as .gz."""
    folder.mkdir(parents=True)
    for name, content in CONTENTS.items():
        packed = PACKED[f"/{name}.gz"] if suffix else content
        (folder / f"{name}{suffix}").write_bytes(packed)
    return folder


@contextmanager
def temporary_files_in(folder):
    """Let temporary files lie in a new folder, which must be empty in the end."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        yield
    assert list(folder.iterdir()) == []


class Handler(BaseHTTPRequestHandler):
    """Answers a request by the server's next answer for its path, or its last one."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answers = self.server.answers[self.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        with suppress(ConnectionError):  # the client has seen enough
            answer(self)

    def log_message(self, *args):
        pass


class Mirror(ThreadingHTTPServer):
    """A web server with the tiny files; `asked` holds the paths of all requests."""

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
    """Return an answer that claims a length, that of its body unless given."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", len(body) if length is None else length)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler):
    """Close the connection before an answer."""


def reduce_array(array):
    """Reduce an array as NumPy did under Python 2: its data are text."""
    state = (1, array.shape, array.dtype, False, array.tobytes().decode("latin1"))
    return np.empty(0).__reduce__()[0], (np.ndarray, (0,), "b"), state


def pickle_splits():
    """Return the compressed pickle that a package for Python holds."""
    splits = [
        (images.reshape(-1, 784) / np.float32(256), labels.astype(np.int64))
        for images, labels in (TRAIN, VALIDATION, TEST)
    ]
    content = io.BytesIO()
    pickler = pickle.Pickler(content, protocol=2)
    pickler.dispatch_table = {np.ndarray: reduce_array}
    pickler.dump(splits)
    pickled = content.getvalue().replace(b"numpy._core", b"numpy.core")
    return gzip.compress(pickled, mtime=0)


def make_package(folder, monkeypatch):
    """Make a package with the tiny files in a folder, the only one that pip knows."""
    wheel, member = folder / "tiny-1.0-py3-none-any.whl", pickle_splits()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/mnist.pkl.gz", member)
        metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("tiny-1.0.dist-info/METADATA", metadata)
        archive.writestr("tiny-1.0.dist-info/WHEEL", tags)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Package(
        requirement="tiny==1.0",
        sha256=sha256(wheel.read_bytes()),
        member="tiny/mnist.pkl.gz",
        member_sha256=sha256(member),
        unpack=unpack_pickle,
    )
