"""This checkout of the repository: its folders, its commit, and one study at a time."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".state/studies"
# What a point runs; tables, pages and tests are no part of it.
CODE = ("dvc.yaml", "params.yaml", "requirements.txt", "stages")

# The parameters are those of the pipeline, and runs are clones as in the checks.
sys.path[:0] = [str(ROOT / name) for name in ("checks", "stages", "tools")]

from vae.pipeline.errors import PipelineError  # noqa: E402


def call(*command: str) -> bytes:
    """Return what a command prints. Raises PipelineError with what it complains of."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if result.returncode != 0:
        complaint = " ".join(os.fsdecode(result.stderr).split())
        raise PipelineError(f"{' '.join(command[:2])}: {complaint}")
    return result.stdout


def call_for_line(*command: str) -> str:
    """Return the line that a command prints in the checkout."""
    return os.fsdecode(call(*command)).removesuffix("\n")


def refuse_changes() -> None:
    """Raise PipelineError unless what a point runs is what is committed."""
    command = ["git", "status", "--porcelain", "--untracked-files=normal", "--", *CODE]
    changed = os.fsdecode(call(*command)).splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise PipelineError(f"not committed: {names}{more}; commit or stash it")


@contextmanager
def only_study() -> Iterator[None]:
    """Raise PipelineError if a study runs in this checkout, and keep others out."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PipelineError("another study runs here; wait for its end") from None
        yield


def make_bundle() -> bytes:
    """Return the commit as a Git bundle, for machines that share no disk with this."""
    if call_for_line("git", "rev-parse", "--is-shallow-repository") == "true":
        raise PipelineError(
            "this clone is shallow, and workers elsewhere need a whole one; "
            "first: git fetch --unshallow"
        )
    return call("git", "bundle", "create", "--quiet", "-", "HEAD")
