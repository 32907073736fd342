"""Folders, commit and lock of this checkout of the repository."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".state/studies"
# Files that determine the results of a point.
CODE = ("dvc.yaml", "params.yaml", "requirements.txt", "stages")
CODE += ("studies/point.py", "checks/clones.py")

# Studies share parameters with the pipeline and clones with the checks.
sys.path[:0] = [str(ROOT / name) for name in ("checks", "stages", "tools")]

from vae.pipeline.errors import PipelineError  # noqa: E402


def call(*command: str) -> bytes:
    """Return the output of a command. Raises PipelineError with its error message."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if result.returncode != 0:
        reason = " ".join(os.fsdecode(result.stderr).split())
        raise PipelineError(f"{' '.join(command[:2])}: {reason}")
    return result.stdout


def call_for_line(*command: str) -> str:
    """Return the one line that a command prints."""
    return os.fsdecode(call(*command)).removesuffix("\n")


def require_committed_code() -> None:
    """Raise PipelineError if the code of a point has uncommitted changes."""
    command = ["git", "status", "--porcelain", "--untracked-files=normal", "--", *CODE]
    changed = os.fsdecode(call(*command)).splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed)
        raise PipelineError(f"not committed: {names}; commit or stash it")


@contextmanager
def study_lock() -> Iterator[None]:
    """Hold the lock of studies in this checkout. Raises PipelineError if it is held."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PipelineError("another study runs here; wait until it ends") from None
        yield


def make_bundle() -> bytes:
    """Return the commit as a Git bundle, for machines that share no disk."""
    return call("git", "bundle", "create", "--quiet", "-", "HEAD")
