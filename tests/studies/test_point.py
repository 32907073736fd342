"""Packages, commands and folders of a run; `test_run.py` tests whole runs."""

import os
import subprocess
import sys
import time
from pathlib import Path

import dask
import numpy
import pytest
from dvc.config import Config

import clones
import point
from conftest import commit_all
from point import PointError, check_packages, make_clone, run
from studies.toy import until


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


def test_a_command_is_killed_with_its_parent_process(tmp_path):
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import point, pathlib\n"
        "point.run(pathlib.Path(), 'sh', '-c', 'echo $$ > pid; sleep 100; true')"
    )
    folders = [Path(module.__file__).parent for module in (clones, point)]
    waiting = subprocess.Popen([sys.executable, "-c", code, *folders], cwd=tmp_path)
    path = tmp_path / "pid"
    group = os.getpgid(int(until(lambda: path.exists() and path.read_text())))
    assert group != os.getpgid(waiting.pid)
    waiting.kill()
    waiting.wait()
    end = time.monotonic() + 20
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.01)
