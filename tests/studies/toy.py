"""A project with toy stages, for studies with real Git, DVC and Dask."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import ROOT, commit_all

FILES = {
    ".dvc/config": "[core]\n    analytics = false\n    check_update = false\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    ".gitignore": "__pycache__/\n.state/\n",
}


def make_toy(folder: Path) -> Path:
    """Make and commit the project, with the real studies and parameters."""
    for name in ("studies", "stages", "checks", "tools"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copytree(Path(__file__).parent / "toy_project", folder, dirs_exist_ok=True)
    (folder / "pipeline.yaml").rename(folder / "dvc.yaml")
    shutil.copy(ROOT / "params.yaml", folder)
    for path, content in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content)
    commit_all(folder)
    return folder


def start(folder: Path, signals: Path, *arguments: str) -> subprocess.Popen:
    """Start a study in its own process group, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-B", "studies/run.py", *arguments],
        cwd=folder,
        env=os.environ | {"SIGNALS": str(signals)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # for Ctrl-C
    )


def ends(process: subprocess.Popen, status: int = 0) -> str:
    """Wait for a study, which must end with a status; return its output."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == status, output + errors
    assert "Traceback" not in errors, errors
    return output + errors


def starts(signals: Path) -> list[tuple[int, int, int]]:
    """Return process, seed and epoch of each training that has started."""
    path = signals / "starts"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [tuple(map(int, line.split())) for line in lines]


def until(condition, seconds: float = 120):
    """Wait until a condition is true, and return its value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, condition
        time.sleep(0.02)
    return found


def status(process: int) -> list[str]:
    """Return a process's state (`Z` if it has ended) and its parent's ID."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except FileNotFoundError:
        return ["Z"]
