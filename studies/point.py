"""Run a point of a study on a worker: `dvc repro evaluate` in a clone.

This module and `clones` are copied to workers, so they import nothing else from the
repository. The commit comes with the task as a Git bundle.
"""

import csv
import fcntl
import hashlib
import json
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, NamedTuple

import dask
from distributed import get_worker
from packaging.requirements import Requirement

import clones

STAGES = ("train", "evaluate")  # whose outputs are the results of a run

# Clones share their data through links, if the file system supports them.
CONFIG = """
[cache]
    dir = ../../cache
    type = reflink,hardlink,symlink,copy
"""

# Runs a command in a process group, which is killed when the command or the parent
# process ends: the pipe then has no writer, so `read` returns.
GUARD = """
exec 3<&0 </dev/null
"$@" 3<&- & command=$!
(read -r _; kill -s KILL -- -$$) <&3 >/dev/null 2>&1 &
wait $command
"""


class Result(NamedTuple):
    """The result of a run."""

    metrics: Mapping[str, float] = {}  # also standard errors, such as `test.elbo_se`
    weights: str = ""  # their SHA-256
    kind: str = "failed"  # or computed, or served entirely from DVC's cache
    message: str = ""  # reason of a failure


class PointError(Exception):
    """The failure of a run, with its reason."""


def compute(
    commit: str,
    source: bytes | Path,
    overrides: Mapping[str, Any],
    *,
    scratch: Path | None,
    cache: Path | None,
    anew: bool = False,
) -> Result:
    """Run `dvc repro evaluate` with changed parameters, or resume such a run.

    The source is a repository on this machine or a Git bundle with the commit. By
    default, clones and DVC's cache are in a folder next to that of Dask's worker. With
    `anew`, cached results are computed again.
    """
    if scratch is None:
        scratch = Path(get_worker().local_directory).parent / "studies"
    workspace = scratch / folder_name(commit, overrides, anew)
    targets = ["--force", "--single-item", *STAGES] if anew else ["evaluate"]
    try:
        folder = make_clone(source, commit, workspace, cache or scratch / "cache")
        check_packages((folder / "requirements.txt").read_text(encoding="utf-8"))
        clones.change_params(folder / "params.yaml", overrides)
        prepare_data(folder, scratch)
        printed = run(folder, "dvc", "repro", *targets)
        ran = any(f"Running stage '{stage}'" in printed for stage in STAGES)
        result = read_results(folder, "computed" if ran else "served")
    except (PointError, OSError, subprocess.SubprocessError) as error:
        result = Result(message=" ".join(str(error).split()))
    shutil.rmtree(workspace, ignore_errors=True)
    return result


def folder_name(commit: str, overrides: Mapping[str, Any], anew: bool) -> str:
    """Return the name of a run's folder, which is the same in each attempt."""
    text = json.dumps([commit, sorted(overrides.items()), anew])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_clone(source: bytes | Path, commit: str, workspace: Path, cache: Path) -> Path:
    """Check the commit out, with a shared cache, unless the clone exists."""
    folder = workspace / "clone"
    if folder.exists():  # from an interrupted run, which may hold DVC's lock
        (folder / ".dvc/tmp/rwlock").unlink(missing_ok=True)
        clones.repair_locks(folder)
        return folder
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    own = None if isinstance(source, bytes) else source / "data/raw"
    if isinstance(source, bytes):
        (workspace / "bundle").write_bytes(source)
        source = workspace / "bundle"
    run(workspace, "git", "clone", "--quiet", str(source), "part")
    run(workspace / "part", "git", "checkout", "--quiet", "--detach", commit)
    if own and own.is_dir():  # the user's images, which Git ignores
        shutil.rmtree(workspace / "part/data/raw", ignore_errors=True)
        (workspace / "part/data").mkdir(exist_ok=True)
        (workspace / "part/data/raw").symlink_to(own.resolve())
    cache.mkdir(parents=True, exist_ok=True)
    (workspace / "cache").symlink_to(cache)  # DVC may misread special characters
    (workspace / "part/.dvc/config.local").write_text(CONFIG, encoding="utf-8")
    return (workspace / "part").rename(folder)


def check_packages(requirements: str) -> None:
    """Raise PointError unless the installed packages have the locked versions."""
    for line in re.findall(r"^\w.*", requirements, re.MULTILINE):
        package = Requirement(line.partition(" \\")[0])
        needed = package.marker is None or package.marker.evaluate()
        version = next((d.version for d in distributions(name=package.name)), "none")
        if needed and not package.specifier.contains(version):
            raise PointError(
                f"{platform.node()} has {package.name} {version}, expected "
                f"{package.specifier} of requirements.txt; reinstall its environment"
            )


def prepare_data(folder: Path, scratch: Path) -> None:
    """Run the stages before training, in one clone at a time.

    Two DVC processes that add the same file to a shared cache can fail: one removes the
    file to which the other links.
    """
    with (scratch / "data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(folder, "dvc", "repro", "preprocess")


def run(folder: Path, *command: str) -> str:
    """Return the output of a command, which is killed if this process ends."""
    # Dask's limit for the heap would make training allocate memory per matrix product.
    of_dask = dask.config.get("distributed.nanny.pre-spawn-environ", {})
    own = {k: v for k, v in clones.environment().items() if k not in of_dask}
    with subprocess.Popen(
        ["sh", "-c", GUARD, "sh", *command],
        cwd=folder,
        env=own,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        printed = process.stdout.read()
        process.wait()  # before its input is closed, which would kill it
    if process.returncode != 0:
        raise PointError(find_reason(printed))
    return printed


def find_reason(printed: str) -> str:
    """Return the error message of a stage or Git, or else the last line."""
    stage = re.search(r"^(?:error|fatal): (.*?)(?=^ERROR: |\Z)", printed, re.M | re.S)
    reason = stage[1] if stage else printed.strip().rpartition("\n")[2]
    return " ".join(reason.split()) or "no reason was given"


def read_results(folder: Path, kind: str) -> Result:
    """Read the metrics, their standard errors and the hash of the weights."""
    with (folder / "results/standard_errors.csv").open(encoding="utf-8") as file:
        errors = {row["metric"]: row for row in csv.DictReader(file)}
    content = json.loads((folder / "results/metrics.json").read_text(encoding="utf-8"))
    metrics = {}
    for split, section in content.items():
        for name, value in section.items():
            metrics[f"{split}.{name}"] = value
            if error := errors.get(name, {}).get(split):
                metrics[f"{split}.{name}_se"] = float(error)
    weights = hashlib.sha256((folder / "results/model.safetensors").read_bytes())
    return Result(metrics, weights.hexdigest(), kind)
