"""A run of a study, on whatever machine: one ordinary `dvc repro evaluate` in a clone.

This module travels to the workers as it is, and needs nothing of the repository: the
commit comes with the task, as a Git bundle.
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import dask
from packaging.requirements import Requirement
from ruamel.yaml import YAML

OUTPUTS = ("model.safetensors", "metrics.json", "standard_errors.csv", "latents.npz")

# A process group of its own, which ends with the command, or as soon as whoever waits
# for it is gone: then the pipe has no writer any more, and `read` comes back.
GUARD = """
exec 3<&0 </dev/null
"$@" 3<&- & command=$!
(read -r _; kill -s KILL -- -$$) <&3 >/dev/null 2>&1 &
wait $command
"""


class Result(NamedTuple):
    """What a run leaves.

    Attributes:
        metrics: by name such as `test.elbo`, with standard errors as `test.elbo_se`.
        hashes: SHA-256 by output.
        served: whether all of it came from DVC's cache.
        message: why it failed, or nothing.
        machine: the name of the processor.
    """

    metrics: dict[str, float]
    hashes: dict[str, str]
    served: bool
    message: str
    machine: str


class PointError(Exception):
    """A run that failed, and why, in one line."""


def compute(
    commit: str,
    source: bytes | Path,
    overrides: dict[str, Any],
    *,
    scratch: Path | None,
    cache: Path | None,
    anew: bool = False,
) -> Result:
    """Run the pipeline up to `evaluate` with some parameters, and read what it wrote.

    A run that was cut short is gone on with, also within its training.

    Args:
        commit: its hash.
        source: a Git bundle that has it, or a repository on this machine.
        overrides: values by parameter, such as `train.seed`.
        scratch: where clones are made; by default the folder of Dask's worker.
        cache: DVC's; by default one beside the clones.
        anew: compute, though the results are in the cache.
    """
    if scratch is None:
        from distributed import get_worker

        scratch = Path(get_worker().local_directory).parent / "studies"
    folder = scratch / name_of(commit, overrides, anew)
    try:
        clone(source, commit, folder, cache or scratch / "cache")
        check_packages((folder / "requirements.txt").read_text(encoding="utf-8"))
        change_params(folder / "params.yaml", overrides)
        prepare_data(folder, scratch)
        printed = run(folder, "dvc", "repro", "evaluate")
        stages = ("train", "evaluate")
        served = [s for s in stages if f"Running stage '{s}'" not in printed]
        for stage in served if anew else ():
            run(folder, "dvc", "repro", "--force", "--single-item", stage)
        result = read_results(folder, served=len(served) == len(stages))
    except PointError as error:
        result = Result({}, {}, False, str(error), processor())
    shutil.rmtree(folder, ignore_errors=True)
    return result


def name_of(commit: str, overrides: dict[str, Any], anew: bool) -> str:
    """Of the folder of a run: the same whenever it is tried again."""
    text = json.dumps([commit, sorted(overrides.items()), anew])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def clone(source: bytes | Path, commit: str, folder: Path, cache: Path) -> None:
    """Check the commit out, with a cache that others use, too, unless it is there."""
    if folder.exists():  # of a run that was cut short, and that may hold DVC's lock
        (folder / ".dvc/tmp/rwlock").unlink(missing_ok=True)
        return
    file, part = folder.with_suffix(".bundle"), folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, bytes):
        file.write_bytes(source)
    origin = file if isinstance(source, bytes) else source
    git = ["git", "clone", "--quiet", "--no-checkout", str(origin), str(part)]
    run(folder.parent, *git)
    run(part, "git", "checkout", "--quiet", "--detach", commit)
    file.unlink(missing_ok=True)
    # Links where the file system has them: the data of many clones is the same.
    config = f"[cache]\n    dir = {cache}\n    type = reflink,hardlink,symlink,copy\n"
    (part / ".dvc/config.local").write_text(config, encoding="utf-8")
    part.rename(folder)


def check_packages(requirements: str) -> None:
    """Raise PointError unless the packages here are those of the lock."""
    lines = (line.partition(" \\")[0] for line in requirements.splitlines())
    for line in lines:
        if not line or not line[0].isalnum():
            continue
        package = Requirement(line)
        if package.marker and not package.marker.evaluate():
            continue
        try:
            found = version(package.name)
        except PackageNotFoundError:
            found = "none"
        if not package.specifier.contains(found if found != "none" else "0"):
            raise PointError(
                f"{platform.node()} has {package.name} {found}, expected "
                f"{package.specifier} of requirements.txt; set up its environment anew"
            )


def change_params(path: Path, overrides: dict[str, Any]) -> None:
    """Write other values into params.yaml."""
    params = YAML(typ="safe").load(path)
    for key, value in overrides.items():
        section, name = key.split(".")
        params[section][name] = value
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(params, file)


def prepare_data(folder: Path, scratch: Path) -> None:
    """Run the stages before the training, of one clone at a time.

    Clones have the same data, and two commands of DVC that put the same file into one
    cache at the same time can fail: one takes away what the other links to.
    """
    with (scratch / "data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(folder, "dvc", "repro", "preprocess")


def run(folder: Path, *command: str) -> str:
    """Run a command that ends with this process at the latest; what it prints.

    Raises PointError with its own words if it fails.
    """
    reader, writer = os.pipe()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        ["sh", "-c", GUARD, "sh", *command],
        cwd=folder,
        env=environment() | {"PATH": path},
        stdin=reader,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    os.close(reader)
    try:
        printed, _ = process.communicate()
    finally:
        os.close(writer)
    if process.returncode != 0:
        raise PointError(find_reason(printed))
    return printed


def environment() -> dict[str, str]:
    """This process's, without what Dask sets for its workers.

    Its limit for the heap would have a training give back and take memory at each of
    its products.
    """
    of_dask = dask.config.get("distributed.nanny.pre-spawn-environ", {})
    return {name: text for name, text in os.environ.items() if name not in of_dask}


def find_reason(printed: str) -> str:
    """The line that says why a stage failed, or else the last one."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (own or lines[-1:] or ["no reason was given"])[0]


def read_results(folder: Path, *, served: bool) -> Result:
    """Metrics with their standard errors, and the SHA-256 of the outputs."""
    results = folder / "results"
    metrics = {}
    errors = read_errors((results / "standard_errors.csv").read_text(encoding="utf-8"))
    for split, section in json.loads((results / "metrics.json").read_text()).items():
        for name, value in section.items():
            metrics[f"{split}.{name}"] = value
            if error := errors.get((name, split)):
                metrics[f"{split}.{name}_se"] = error
    hashes = {
        name: hashlib.sha256((results / name).read_bytes()).hexdigest()
        for name in OUTPUTS
    }
    return Result(metrics, hashes, served, "", processor())


def read_errors(content: str) -> dict[tuple[str, str], float]:
    """Standard errors by metric and split."""
    header, *rows = (line.split(",") for line in content.splitlines())
    return {
        (row[0], split): float(error)
        for row in rows
        for split, error in zip(header[1:], row[1:], strict=True)
        if error
    }


def processor() -> str:
    """Its name, where the system tells it."""
    return next(iter(_processors()), platform.machine())


def _processors() -> Iterable[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [line.partition(": ")[2] for line in lines if line.startswith("model name")]
