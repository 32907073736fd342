"""This checkout of the repository: folders, commit, and one study at a time."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".state/studies"

# The parameters are those of the pipeline, and runs are clones as in the checks.
sys.path.insert(0, str(ROOT / "checks"))
sys.path.insert(0, str(ROOT / "stages"))

from vae.pipeline.errors import PipelineError  # noqa: E402


def call(*command: str) -> bytes:
    """Run a command in the checkout, and return what it prints."""
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def refuse_changes() -> None:
    """Raise PipelineError unless what would run is what is committed."""
    # Specifications and tables are no part of what a point runs.
    paths = [".", ":!studies", ":!results/studies"]
    changed = call("git", "status", "--porcelain", "--", *paths).decode().splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise PipelineError(
            f"{names}{more}: changed, and a study runs what is committed; "
            "commit or stash it"
        )


@contextmanager
def only_study() -> Iterator[None]:
    """Raise PipelineError if a study runs in this checkout, and keep others out."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            reason = "another study runs here; wait for its end"
            raise PipelineError(reason) from None
        yield


def current_commit() -> str:
    """Return the hash of the commit."""
    return call("git", "rev-parse", "HEAD").decode().strip()


def make_bundle() -> bytes:
    """Return the commit as a Git bundle, for machines that share no disk with this."""
    if call("git", "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise PipelineError(
            "this clone is shallow, and workers elsewhere need a whole one; "
            "first: git fetch --unshallow"
        )
    return call("git", "bundle", "create", "--quiet", "-", "HEAD")


def cache_folder() -> Path:
    """Return the folder of DVC's cache, which may be configured to lie elsewhere."""
    return Path(call(sys.executable, "-m", "dvc", "cache", "dir").decode().strip())
