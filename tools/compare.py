"""Compare two results, with standard errors of the differences.

    python tools/compare.py HEAD~1               that commit and the files here
    python tools/compare.py HEAD brash-doge      a commit and an experiment

Prints the difference of each metric and its standard error. The standard error is
paired by image if both results have values of the same images in DVC's cache. The last
column divides the difference by the standard deviation of the difference between two
seeds, for metrics in the study `seeds`.

The exit status is 1 if a metric differs by more than `--tolerance` standard errors.
"""

import io
import json
import math
from contextlib import closing
from typing import Any, NamedTuple

from command import Parser, parse_as, run  # before packages

# isort: split
import numpy as np
import pandas as pd
from dvc.api import DVCFileSystem
from dvc.scm import SCM, resolve_rev

from vae.pipeline.errors import PipelineError
from vae.pipeline.schema import NotNegative

HERE = "workspace"
METRICS, ERRORS = "results/metrics.json", "results/standard_errors.csv"
LATENTS = "results/latents.npz"
SEEDS = "results/studies/seeds.csv"


class Outcome(NamedTuple):
    """The metrics of a result, with names such as `test.elbo`."""

    metrics: dict[str, float]
    errors: dict[str, float]  # standard errors
    arrays: dict[str, np.ndarray]  # from latents.npz; empty if DVC's cache lacks it


def open_files(name: str) -> DVCFileSystem:
    """Return the files of a commit, of an experiment or of the workspace."""
    try:
        files = DVCFileSystem(".", rev=None if name == HERE else resolve(name))
        files.ls("")  # reads the commit
        return files
    except Exception:  # noqa: BLE001  of Git and of DVC
        raise PipelineError(f"{name}: not a commit or an experiment") from None


def read_outcome(name: str) -> Outcome:
    """Read the result of a commit, of an experiment or of the files here."""
    files = open_files(name)
    try:
        sections = json.loads(files.read_bytes(METRICS))
        table: Any = pd.read_csv(io.BytesIO(files.read_bytes(ERRORS)), index_col=0)
    except FileNotFoundError:
        raise PipelineError(f"{name}: has no {METRICS} and {ERRORS}") from None
    try:
        arrays = dict(np.load(io.BytesIO(files.read_bytes(LATENTS))))
    except FileNotFoundError:  # not in the cache
        arrays = {}
    metrics = {
        f"{split}.{key}": value
        for split, section in sections.items()
        for key, value in section.items()
        if not isinstance(value, bool)
    }
    errors = {".".join(key): error for key, error in table.unstack().dropna().items()}
    return Outcome(metrics, errors, arrays)


def resolve(name: str) -> str:
    """Return the commit that a revision or an experiment names."""
    with closing(SCM(".")) as repository:
        return resolve_rev(repository, name)


def difference_error(
    name: str, first: Outcome, second: Outcome
) -> tuple[float, str] | None:
    """Return the standard error of a metric's difference and its kind, if known."""
    keys, column = {"dataset", "label"}, name.replace(".", "_")
    old, new = first.arrays, second.arrays
    both = keys | {column} <= old.keys() & new.keys()
    if both and all(np.array_equal(old[key], new[key]) for key in keys):
        change = new[column].astype(float) - old[column].astype(float)
        return float(change.std(ddof=1) / math.sqrt(len(change))), "paired"
    if name in first.errors and name in second.errors:
        return math.hypot(first.errors[name], second.errors[name]), "unpaired"
    return None


def compare(first: Outcome, second: Outcome, spreads: dict[str, float]) -> pd.DataFrame:
    """Return a row per metric that both results have."""
    rows = []
    for name in [name for name in first.metrics if name in second.metrics]:
        old, new = first.metrics[name], second.metrics[name]
        row: dict[str, Any] = {"metric": name, "first": old, "second": new}
        row["difference"] = new - old
        if error := difference_error(name, first, second):
            row["standard error"], row["by"] = error
            row["in standard errors"] = ratio(new - old, error[0])
        if spread := spreads.get(name):
            row["in seed deviations"] = ratio(new - old, spread)
        rows.append(row)
    return pd.DataFrame(rows).set_index("metric")


def ratio(difference: float, unit: float) -> float:
    """Return the absolute difference divided by a unit, which may be zero."""
    return abs(difference) / unit if unit else math.inf if difference else 0.0


def main() -> int:
    parser = Parser(description="Compare two results, with standard errors.")
    add = parser.add_argument
    add("first", help="a commit or an experiment")
    add("second", nargs="?", default=HERE, help="default: the files here")
    add("--tolerance", type=parse_as(NotNegative), default=3, help="standard errors")
    options = parser.parse_args()
    first, second = read_outcome(options.first), read_outcome(options.second)
    spreads = math.sqrt(2) * pd.read_csv(SEEDS).std(numeric_only=True)
    table = compare(first, second, dict(spreads))
    formats = {"difference": "{:+.4f}".format, "standard error": "{:.4f}".format}
    formats |= {name: "{:.1f}".format for name in table if name.startswith("in ")}
    print(table.to_string(na_rep="", formatters=formats))
    num_errors = table.get("in standard errors", pd.Series(dtype=float))
    beyond = table.index[num_errors > options.tolerance]
    if len(beyond):
        print(f"over {options.tolerance:g} standard errors: {', '.join(beyond)}")
    return int(len(beyond) > 0)


if __name__ == "__main__":
    run(main)
