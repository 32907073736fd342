"""A run of a study, on whatever machine: one ordinary `dvc repro evaluate` in a clone.

This module and `clones` travel to the workers as they are, and need nothing of the
repository: the commit comes with the task, as a Git bundle.
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
from ruamel.yaml import YAML

import clones

STAGES = ("train", "evaluate")  # whose outputs are the results of a run

# Links where the file system has them: the data of many clones is the same.
CONFIG = """
[cache]
    dir = ../../cache
    type = reflink,hardlink,symlink,copy
"""

# A process group of its own, which ends with the command, or as soon as whoever waits
# for it is gone: then the pipe has no writer left, and `read` comes back.
GUARD = """
exec 3<&0 </dev/null
"$@" 3<&- & command=$!
(read -r _; kill -s KILL -- -$$) <&3 >/dev/null 2>&1 &
wait $command
"""


class Result(NamedTuple):
    """What a run leaves."""

    metrics: Mapping[str, float] = {}  # also standard errors, such as `test.elbo_se`
    hashes: Mapping[str, str] = {}  # SHA-256 by output
    served: bool = False  # all of it, from DVC's cache
    message: str = ""  # why it failed
    machine: str = ""  # name of the processor

    @property
    def kind(self) -> str:
        """How the run ended: failed, served or computed."""
        return "failed" if self.message else "served" if self.served else "computed"


class PointError(Exception):
    """A run that failed, and why."""


def compute(
    commit: str,
    source: bytes | Path,
    overrides: Mapping[str, Any],
    *,
    scratch: Path | None,
    cache: Path | None,
    anew: bool = False,
) -> Result:
    """Run `dvc repro evaluate` with some parameters, or go on where it was cut short.

    The source is a repository on this machine, or a Git bundle that has the commit. By
    default, clones lie beside the folder of Dask's worker, and DVC's cache beside them.
    With `anew`, what the cache has is computed again.
    """
    if scratch is None:
        scratch = Path(get_worker().local_directory).parent / "studies"
    place = scratch / folder_name(commit, overrides, anew)
    targets = ["--force", "--single-item", *STAGES] if anew else ["evaluate"]
    try:
        folder = make_clone(source, commit, place, cache or scratch / "cache")
        check_packages((folder / "requirements.txt").read_text(encoding="utf-8"))
        clones.change_params(folder / "params.yaml", overrides)
        prepare_data(folder, scratch)
        printed = run(folder, "dvc", "repro", *targets)
        served = not any(f"Running stage '{stage}'" in printed for stage in STAGES)
        result = read_results(folder, served=served)
    except (PointError, OSError, subprocess.SubprocessError) as error:
        result = Result(message=" ".join(str(error).split()), machine=processor())
    shutil.rmtree(place, ignore_errors=True)
    return result


def folder_name(commit: str, overrides: Mapping[str, Any], anew: bool) -> str:
    """Return the name of a run's folder: the same whenever it is tried again."""
    text = json.dumps([commit, sorted(overrides.items()), anew])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_clone(source: bytes | Path, commit: str, place: Path, cache: Path) -> Path:
    """Check the commit out, with a cache that others use, too, unless it is there."""
    folder = place / "clone"
    if folder.exists():  # of a run that was cut short, and that may hold DVC's lock
        (folder / ".dvc/tmp/rwlock").unlink(missing_ok=True)
        clones.unlock(folder)
        return folder
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if isinstance(source, bytes):
        (place / "bundle").write_bytes(source)
        source = place / "bundle"
    run(place, "git", "clone", "--quiet", str(source), "part")
    run(place / "part", "git", "checkout", "--quiet", "--detach", commit)
    cache.mkdir(parents=True, exist_ok=True)
    (place / "cache").symlink_to(cache)  # whose name DVC might read as something else
    (place / "part/.dvc/config.local").write_text(CONFIG, encoding="utf-8")
    return (place / "part").rename(folder)


def check_packages(requirements: str) -> None:
    """Raise PointError unless the packages here are those of the lock."""
    for line in re.findall(r"^\w.*", requirements, re.MULTILINE):
        package = Requirement(line.partition(" \\")[0])
        needed = package.marker is None or package.marker.evaluate()
        found = next(iter(distributions(name=package.name)), None)
        if needed and not (found and package.specifier.contains(found.version)):
            version = found.version if found else "none"
            raise PointError(
                f"{platform.node()} has {package.name} {version}, expected "
                f"{package.specifier} of requirements.txt; set up its environment anew"
            )


def prepare_data(folder: Path, scratch: Path) -> None:
    """Run the stages before the training, of one clone at a time.

    Two commands of DVC that put the same file into one cache at the same time can fail:
    one takes away what the other links to.
    """
    with (scratch / "data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(folder, "dvc", "repro", "preprocess")


def run(folder: Path, *command: str) -> str:
    """Return what a command prints, which ends with this process at the latest."""
    # Dask's limit for the heap would have a training give back and take memory at each
    # of its products.
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
        process.wait()  # before the pipe to its input is closed, which would kill it
    if process.returncode != 0:
        raise PointError(find_reason(printed))
    return printed


def find_reason(printed: str) -> str:
    """Return what a stage or Git says of why it failed, or else the last line."""
    stage = re.search(r"^(?:error|fatal): (.*?)(?=^ERROR: |\Z)", printed, re.M | re.S)
    reason = stage[1] if stage else printed.strip().rpartition("\n")[2]
    return " ".join(reason.split()) or "no reason was given"


def read_results(folder: Path, *, served: bool) -> Result:
    """Read metrics with their standard errors, and the SHA-256 of the outputs."""
    with (folder / "results/standard_errors.csv").open(encoding="utf-8") as file:
        errors = {row["metric"]: row for row in csv.DictReader(file)}
    content = json.loads((folder / "results/metrics.json").read_text(encoding="utf-8"))
    metrics = {}
    for split, section in content.items():
        for name, value in section.items():
            metrics[f"{split}.{name}"] = value
            if error := errors.get(name, {}).get(split):
                metrics[f"{split}.{name}_se"] = float(error)
    stages = YAML(typ="safe").load(folder / "dvc.lock")["stages"]
    outputs = [out["path"] for stage in STAGES for out in stages[stage]["outs"]]
    hashes = clones.file_hashes(folder, outputs)
    return Result(metrics, hashes, served, machine=processor())


def processor() -> str:
    """Return its name, where the system tells it."""
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    name = re.search(r"^model name\s*: (.*)", text, re.MULTILINE)
    return name[1] if name else platform.machine()
