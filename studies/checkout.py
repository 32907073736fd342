"""This checkout of the repository: its folders, its commit, and one study at a time."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".state/studies"

# The parameters are those of the pipeline, and runs are clones as in the checks.
sys.path[:0] = [str(ROOT / "checks"), str(ROOT / "stages")]

from vae.pipeline.errors import PipelineError  # noqa: E402


def call(*command: str) -> str:
    """Run a command in the checkout, and return the line that it prints."""
    return subprocess.check_output(command, cwd=ROOT, text=True).strip()


def refuse_changes() -> None:
    """Raise PipelineError unless what a point runs is what is committed."""
    # Specifications and tables are no part of it.
    paths = [".", ":!studies", ":!results/studies"]
    git = ["git", "status", "--porcelain", "--", *paths]
    changed = subprocess.check_output(git, cwd=ROOT, text=True).splitlines()
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
    if call("git", "rev-parse", "--is-shallow-repository") == "true":
        raise PipelineError(
            "this clone is shallow, and workers elsewhere need a whole one; "
            "first: git fetch --unshallow"
        )
    command = ["git", "bundle", "create", "--quiet", "-", "HEAD"]
    return subprocess.check_output(command, cwd=ROOT)
