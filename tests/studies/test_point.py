"""Packages, commands and folders of a run; `test_run.py` tests whole runs."""

from pathlib import Path

import dask
import numpy
import pytest
from dvc.config import Config

from conftest import commit_all
from point import PointError, check_packages, make_clone, run


def test_packages_are_compared_with_the_lock():
    check_packages(
        f"# a comment\nnumpy=={numpy.__version__} \\\n    --hash=sha256:0\n    # x\n"
        'no-such-package==1 ; sys_platform == "other" \\\n    --hash=sha256:0\n'
    )
    for name, version in {"numpy": "0.1", "no-such-package": "1"}.items():
        message = f"has {name} .*, expected =={version} of"
        with pytest.raises(PointError, match=message):
            check_packages(f"{name}=={version} \\\n    --hash=sha256:0\n")


def test_a_command_inherits_no_variables_of_dask(tmp_path, monkeypatch):
    name, *_ = dask.config.get("distributed.nanny.pre-spawn-environ")
    monkeypatch.setenv(name, "65536")
    monkeypatch.setenv("OF_THE_USER", "1")
    printed = run(tmp_path, "sh", "-c", f"echo ${{{name}-}} ${{OF_THE_USER-}}")
    assert printed == "1\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo a; echo 'error: b:' >&2; echo '  c: d'; echo; echo ERROR: e", "b: c: d"),
        ("echo a; echo fatal: b; echo", "b"),
        ("echo a; echo; echo b; echo", "b"),
        ("", "no reason was given"),
    ],
)
def test_a_failed_command_gives_its_reason(tmp_path, script, reason):
    with pytest.raises(PointError, match=f"^{reason}$"):
        run(tmp_path, "sh", "-c", f"{script}\nexit 3")


def test_a_clone_uses_the_shared_cache_in_a_folder_of_any_name(tmp_path):
    folder = tmp_path / 'a#b, "c"\n$d'
    (folder / "source/.dvc").mkdir(parents=True)
    (folder / "source/.dvc/config").touch()
    commit_all(folder / "source")
    clone = make_clone(folder / "source", "HEAD", folder / "place", folder / "cache")
    config = Config(str(clone / ".dvc"))["cache"]
    assert Path(config["dir"]).resolve() == folder / "cache"
    assert config["type"] == ["reflink", "hardlink", "symlink", "copy"]
