"""Rebuild every result in a fresh clone, and compare it with what is committed.

Run in the repository. Prints a line for each output: `equal`, or `differs` with the
MD5 that is committed and the one found; and for metrics that differ, by how much. The
exit status is 0 if all outputs are equal, 1 if not.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

METRICS = "results/metrics.json"
MISSING = "missing"

# Sections of metrics.json, each a dictionary of numbers.
Metrics = dict[str, dict[str, float]]


def changed_files(repository: Path) -> list[str]:
    """Files that Git tracks and whose content is not the committed one."""
    command = ["git", "diff", "--name-only", "HEAD"]
    result = subprocess.run(
        command, cwd=repository, check=True, capture_output=True, text=True
    )
    return result.stdout.splitlines()


def rebuild(clone: Path) -> None:
    """Run every stage. Raises CalledProcessError if one fails."""
    # Stage commands call `python`: it has to be the one that runs this.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "dvc", "repro", "--force"]
    subprocess.run(command, cwd=clone, env=os.environ | {"PATH": path}, check=True)


def locked_outputs(clone: Path) -> dict[str, str]:
    """MD5 by path of each output in dvc.lock; a folder has one of its own kind."""
    lock = yaml.safe_load((clone / "dvc.lock").read_text(encoding="utf-8"))
    stages = lock["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def file_hashes(clone: Path, path: str) -> dict[str, str]:
    """MD5 by path of a file, or of each file in a folder; empty if there is none."""
    top = clone / path
    files = [file for file in [top, *top.rglob("*")] if file.is_file()]
    return {
        file.relative_to(clone).as_posix(): hashlib.md5(file.read_bytes()).hexdigest()
        for file in files
    }


def committed_hashes(clone: Path) -> dict[str, str]:
    """MD5 by path of each output before a run: of Git's file, or else in dvc.lock."""
    hashes = {}
    for path, locked in locked_outputs(clone).items():
        hashes |= file_hashes(clone, path) or {path: locked}
    return hashes


def rebuilt_hashes(clone: Path) -> dict[str, str]:
    """MD5 by path of each output after a run."""
    hashes = {}
    for path in locked_outputs(clone):
        hashes |= file_hashes(clone, path)
    return hashes


def compare(committed: dict[str, str], here: dict[str, str]) -> list[str]:
    """A line for each output, of its hashes by path."""
    lines = []
    for path in sorted(committed | here):
        one, other = committed.get(path, MISSING), here.get(path, MISSING)
        same = one == other
        lines.append(f"equal   {path}" if same else f"differs {path}  {one} {other}")
    return lines


def read_metrics(clone: Path) -> Metrics:
    """The metrics, or none if they are not there."""
    path = clone / METRICS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def compare_metrics(committed: Metrics, here: Metrics) -> list[str]:
    """A line for each metric that differs."""
    lines = []
    for section in committed | here:
        old, new = committed.get(section, {}), here.get(section, {})
        for name in old | new:
            if (words := describe(name, old, new)) is not None:
                lines.append(f"{section}.{name} {words}")
    return lines


def describe(name: str, old: dict[str, float], new: dict[str, float]) -> str | None:
    """How a metric differs between two sections, in words; None if it does not.

    Counted in standard errors where `old` has one, under `<name>_se`.
    """
    one, other = (json.dumps(m[name]) if name in m else MISSING for m in (old, new))
    if one == other:
        return None
    words = f"{one} committed, {other} here"
    if any(value in (MISSING, "true", "false") for value in (one, other)):
        return words
    difference = abs(new[name] - old[name])
    words += f": {difference:.4g} {'lower' if new[name] < old[name] else 'higher'}"
    if error := old.get(f"{name}_se"):
        words += f", {difference / error:.2f} standard errors"
    return words


def verify(repository: Path) -> bool:
    """Whether a fresh clone computes what is committed; prints what it finds."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", repository, clone], check=True)
        committed, old_metrics = committed_hashes(clone), read_metrics(clone)
        rebuild(clone)
        here, new_metrics = rebuilt_hashes(clone), read_metrics(clone)
    lines = compare(committed, here) + compare_metrics(old_metrics, new_metrics)
    print("\n".join(lines))
    return committed == here


def main() -> None:
    repository = Path.cwd()
    try:
        if changed := changed_files(repository):
            sys.exit(f"error: not committed: {', '.join(changed)}; commit or stash it")
        sys.exit(not verify(repository))
    except subprocess.CalledProcessError as error:
        command = " ".join(str(part) for part in error.cmd)
        sys.exit(f"error: exit status {error.returncode} of: {command}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


if __name__ == "__main__":
    main()
