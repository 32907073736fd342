"""The download stage, from its sources to `data/verified`."""

import gzip
import hashlib
import json
import pickle
import re
import shutil
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import download
from conftest import ROOT, write_params
from vae.data import sources
from vae.data.catalog import DATASETS, NAMES, Package
from vae.data.idx import format_idx
from vae.pipeline.errors import PipelineError


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def draw_split(count):
    """Return random images [count, 28, 28] and labels [count]."""
    images = RNG.integers(256, size=(count, 28, 28), dtype="u1")
    return [images, RNG.integers(10, size=count, dtype="u1")]


RNG = np.random.default_rng(0)
TRAIN, VALIDATION, TEST = map(draw_split, (2, 3, 4))
ARRAYS = [*map(np.concatenate, zip(TRAIN, VALIDATION, strict=True)), *TEST]
CONTENTS = {name: format_idx(array) for name, array in zip(NAMES, ARRAYS, strict=True)}


@pytest.fixture(autouse=True)
def dataset(tmp_path, monkeypatch):
    """A project with tiny files as MNIST; returns what gives it sources."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    shutil.copy(ROOT / "dvc.yaml", ".")
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    write_params()
    hashes = [*map(sha256, CONTENTS.values())]

    def change(**sources):
        tiny = {"mirrors": [], "package": None, "folder": None, "sha256": hashes}
        tiny = DATASETS["mnist"].model_copy(update=tiny | sources)
        monkeypatch.setitem(DATASETS, "mnist", tiny)

    change()
    return change


@pytest.fixture
def mirror(tmp_path):
    """Serve folders of .gz files; return the URL of the folder above them."""

    class Handler(SimpleHTTPRequestHandler):
        log_message = lambda *_: None  # noqa: E731

    handler = partial(Handler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def fill(folder, suffix=""):
    """Write the tiny files to a new folder, plain or as .gz."""
    folder.mkdir(parents=True)
    for name, content in CONTENTS.items():
        content = gzip.compress(content) if suffix else content
        (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def make_package(folder, monkeypatch):
    """Make a package with the tiny files in a folder, pip's only index."""
    splits = (TRAIN, VALIDATION, TEST)
    splits = [(x.reshape(-1, 784) / np.float32(256), np.int64(y)) for x, y in splits]
    metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
    wheel, info = folder / "tiny-1.0-py3-none-any.whl", "tiny-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/a.gz", gzip.compress(pickle.dumps(splits)))
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    settings = {"CONFIG_FILE": "/dev/null", "NO_INDEX": "1", "FIND_LINKS": str(folder)}
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    digest = sha256(wheel.read_bytes())
    return Package(requirement="tiny==1.0", sha256=digest, member="tiny/a.gz")


def failure():
    """Return the lines with which the stage ends."""
    with pytest.raises(PipelineError) as end:
        download.main()
    assert not Path("data/verified").exists()
    return str(end.value).splitlines()


def assert_served(capsys, source, *reasons):
    """Run the stage: all files are written, and it says from which source."""
    download.main()
    paths = Path("data/verified").glob("*-ubyte")
    assert {path.name: path.read_bytes() for path in paths} == CONTENTS
    *said, served, license_line = capsys.readouterr().out.splitlines()
    assert served == f"MNIST from {source}"
    assert license_line.startswith("license: CC BY-SA 3.0; citation: LeCun, Cortes")
    for line, reason in zip(said, reasons, strict=True):
        assert re.match(reason, line)


def test_a_mirror_that_fails_gives_way_to_the_next(dataset, mirror, tmp_path, capsys):
    fill(tmp_path / "lacks", ".gz").joinpath(f"{NAMES[3]}.gz").unlink()
    other, good = fill(tmp_path / "other", ".gz"), fill(tmp_path / "good", ".gz")
    shutil.copy(good / f"{NAMES[1]}.gz", other / f"{NAMES[3]}.gz")
    closed = "http://127.0.0.1:9/"
    dataset(mirrors=[closed, *(f"{mirror}/{x}/" for x in ("lacks", "other", "good"))])
    assert_served(
        capsys,
        f"{mirror}/good/",
        f"  {closed}: .*Connection refused$",
        f"  {mirror}/lacks/: 404 Client Error: .*{NAMES[3]}.gz$",
        f"  {mirror}/other/: {NAMES[3]}: SHA-256 .*, expected ",
    )
    description = json.loads(Path("data/verified/dataset.json").read_text())
    assert description == {
        "dataset": "mnist",
        "title": "MNIST",
        "classes": [*"0123456789"],
    }


@pytest.mark.parametrize("limit", ["MAX_SECONDS", "MAX_BYTES"])
def test_a_server_that_sends_too_slowly_or_too_much_is_given_up(
    dataset, mirror, tmp_path, monkeypatch, limit
):
    fill(tmp_path / "mirror", ".gz")
    monkeypatch.setattr(sources, limit, 0)
    dataset(mirrors=[f"{mirror}/mirror/"])
    assert failure()[1].endswith("seconds; given up")


def test_a_package_serves_if_it_has_the_right_hash(
    dataset, tmp_path, monkeypatch, capsys
):
    package = make_package(tmp_path, monkeypatch)
    dataset(package=package.model_copy(update={"sha256": "0" * 64}))
    assert "package tiny==1.0: ERROR: THESE PACKAGES DO NOT MATCH" in failure()[1]
    dataset(package=package)
    assert_served(capsys, "package tiny==1.0")


def test_a_folder_of_the_system_serves(dataset, tmp_path, capsys):
    folder = fill(tmp_path / "system")
    dataset(folder=str(folder))
    assert_served(capsys, folder)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_the_user_serves_alone(
    dataset, mirror, monkeypatch, tmp_path, capsys, suffix
):
    folder = fill(tmp_path / "mine", suffix)
    monkeypatch.setenv("VAE_DATA_DIR", str(folder))
    dataset(mirrors=[f"{mirror}/mine/"])
    assert_served(capsys, f"VAE_DATA_DIR={folder}")
    shutil.rmtree("data")
    content = (folder / f"{NAMES[1]}{suffix}").read_bytes()
    (folder / f"{NAMES[1]}{suffix}").write_bytes(content[:-1])
    assert f"  VAE_DATA_DIR={folder}: {NAMES[1]}: SHA-256 " in failure()[1]
    (folder / f"{NAMES[1]}{suffix}").unlink()
    assert f"  VAE_DATA_DIR={folder}: {folder / NAMES[1]}: no such" in failure()[1]


def test_all_sources_down(dataset):
    dataset(folder="/none/of/these")
    assert failure() == [
        "no source has MNIST:",
        f"  /none/of/these: /none/of/these/{NAMES[0]}: no such file, plain or .gz",
        "put these files, plain or as .gz, into data/raw or set VAE_DATA_DIR to "
        "the absolute path of their folder, and run dvc repro again:",
        "  " + " ".join(NAMES),
        "to restore the files of an earlier run: dvc checkout download",
    ]


def test_files_put_into_data_raw_are_used_first_and_stay(
    dataset, mirror, tmp_path, capsys
):
    fill(tmp_path / "mirror", ".gz")
    dataset(mirrors=[f"{mirror}/mirror/"])
    folder = fill(Path("data/raw"))
    assert_served(capsys, "data/raw")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    (folder / NAMES[1]).unlink()
    reason = f"  data/raw: data/raw/{NAMES[1]}: no such file"
    assert_served(capsys, f"{mirror}/mirror/", reason)


@pytest.mark.parametrize("name", [None, "mine/files"])
def test_a_run_in_a_copy_inside_the_project_finds_the_users_folder(
    monkeypatch, capsys, name
):
    folder = fill(Path(name or "data/raw")).resolve()
    if name:
        monkeypatch.setenv("VAE_DATA_DIR", name)
    copy = Path(".dvc/tmp/exps/tmp1")
    copy.mkdir(parents=True)
    shutil.copy("params.yaml", copy)
    monkeypatch.chdir(copy)
    assert_served(capsys, f"VAE_DATA_DIR={name}" if name else folder)


def test_no_password_is_said_and_nothing_controls_the_terminal():
    def refuse():
        raise OSError("no proxy at http://user:se/cret@host:1/ or //a@b/c\x1b")

    with pytest.raises(PipelineError) as error:
        download.fetch(DATASETS["mnist"], {"https://me:secret@index/simple": refuse})
    line = str(error.value).splitlines()[1]
    assert line == "  https://index/simple: no proxy at http://host:1/ or //b/c\\x1b"
