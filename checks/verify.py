"""Rebuild every result in a fresh clone, and compare it with what is committed.

Run in the repository. Prints a line for each output: `equal`, or `differs` with the
MD5 that is committed and the one found; and for metrics that differ, by how much. The
exit status is 0 if all outputs are equal, 1 if not.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from clones import clone, environment, file_hashes

METRICS = "results/metrics.json"
STANDARD_ERRORS = "results/standard_errors.csv"
MISSING = "missing"

# Of `train` and `test`, each a dictionary of numbers.
Metrics = dict[str, dict[str, float]]


def changed_files(repository: Path) -> list[str]:
    """Files that Git tracks and whose content is not the committed one."""
    command = ["git", "diff", "--name-only", "HEAD"]
    result = subprocess.run(
        command, cwd=repository, check=True, capture_output=True, text=True
    )
    return result.stdout.splitlines()


def rebuild(folder: Path) -> None:
    """Run every stage. Raises CalledProcessError if one fails."""
    command = ["dvc", "repro", "--force"]
    subprocess.run(command, cwd=folder, env=environment(), check=True)


def locked_outputs(folder: Path) -> dict[str, str]:
    """MD5 by path of each output in dvc.lock; a folder has one of its own kind."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))
    stages = lock["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def committed_hashes(folder: Path) -> dict[str, str]:
    """MD5 by path of each output before a run: of Git's file, or else in dvc.lock."""
    hashes = {}
    for path, locked in locked_outputs(folder).items():
        hashes |= file_hashes(folder, [path], "md5") or {path: locked}
    return hashes


def rebuilt_hashes(folder: Path) -> dict[str, str]:
    """MD5 by path of each output after a run."""
    return file_hashes(folder, locked_outputs(folder), "md5")


def compare(committed: dict[str, str], here: dict[str, str]) -> list[str]:
    """A line for each output, of its hashes by path."""
    lines = []
    for path in sorted(committed | here):
        one, other = committed.get(path, MISSING), here.get(path, MISSING)
        same = one == other
        lines.append(f"equal   {path}" if same else f"differs {path}  {one} {other}")
    return lines


def read_metrics(folder: Path) -> Metrics:
    """The metrics, or none if they are not there."""
    path = folder / METRICS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def read_standard_errors(folder: Path) -> Metrics:
    """Those of the metrics, or none if they are not there."""
    path = folder / STANDARD_ERRORS
    return pd.read_csv(path, index_col="metric").to_dict() if path.exists() else {}


def compare_metrics(committed: Metrics, here: Metrics, errors: Metrics) -> list[str]:
    """A line for each metric that differs, counted in standard errors if it has one."""
    lines = []
    for section in committed | here:
        old, new = committed.get(section, {}), here.get(section, {})
        for name in old | new:
            error = errors.get(section, {}).get(name)
            if (words := describe(old.get(name), new.get(name), error)) is not None:
                lines.append(f"{section}.{name} {words}")
    return lines


def describe(
    old: float | None, new: float | None, standard_error: float | None
) -> str | None:
    """How a metric differs, in words; None if it does not."""
    one, other = (MISSING if v is None else json.dumps(v) for v in (old, new))
    if one == other:
        return None
    words = f"{one} committed, {other} here"
    if any(value in (MISSING, "true", "false") for value in (one, other)):
        return words
    difference = abs(new - old)
    words += f": {difference:.4g} {'lower' if new < old else 'higher'}"
    if standard_error:
        words += f", {difference / standard_error:.2f} standard errors"
    return words


def verify(repository: Path) -> bool:
    """Whether a fresh clone computes what is committed; prints what it finds."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = clone(repository, Path(temporary, "clone"))
        committed, old_metrics = committed_hashes(folder), read_metrics(folder)
        errors = read_standard_errors(folder)
        rebuild(folder)
        here, new_metrics = rebuilt_hashes(folder), read_metrics(folder)
    lines = compare(committed, here)
    lines += compare_metrics(old_metrics, new_metrics, errors)
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
