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
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from command import Parser, parse_as, run  # before packages

# isort: split
import numpy as np
import pandas as pd
from dvc.api import DVCFileSystem
from dvc.scm import SCM, resolve_rev
from pydantic import Field

from vae.pipeline.errors import PipelineError, one_line, readable
from vae.pipeline.schema import NotNegative

HERE = "workspace"
LATENTS = "results/latents.npz"
SEEDS = Path("results/studies/seeds.csv")


class Outcome(NamedTuple):
    """The metrics of a result, with names such as `test.elbo`."""

    metrics: dict[str, float]
    errors: dict[str, float]  # standard errors
    arrays: dict[str, np.ndarray]  # from latents.npz; empty if DVC's cache lacks it


def read_outcome(name: str) -> Outcome:
    """Read the result of a commit, of an experiment or of the files here."""
    try:
        files = DVCFileSystem(".", rev=None if name == HERE else resolve(name))
        files.ls("")  # reads the commit
    except Exception as error:  # noqa: BLE001  of Git and of DVC
        problem = f"not a commit or an experiment ({one_line(error)})"
        raise PipelineError(f"{name}: {problem}") from None
    parts = {}
    for path, parse in PARSERS.items():
        try:
            parts[path] = parse(io.BytesIO(files.read_bytes(path)))
        except FileNotFoundError:
            if path != LATENTS:  # which may not be in the cache
                raise PipelineError(f"{name}: has no {path}") from None
            parts[path] = {}
        except Exception as error:  # noqa: BLE001  of DVC and of damaged files
            problem = f"{path}: damaged ({one_line(error)})"
            raise PipelineError(f"{name}: {problem}") from None
    return Outcome(*parts.values())


def resolve(name: str) -> str:
    """Return the commit that a revision or an experiment names."""
    with closing(SCM(".")) as repository:
        return resolve_rev(repository, name)


def parse_metrics(file: io.BytesIO) -> dict[str, float]:
    """Return the numbers of all splits, with keys such as `test.elbo`."""
    metrics = {
        f"{split}.{name}": value
        for split, section in json.load(file).items()
        for name, value in section.items()
        if not isinstance(value, bool)
    }
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}")
    return metrics


def parse_errors(file: io.BytesIO) -> dict[str, float]:
    """Return the standard errors of the metrics that have one."""
    table: Any = pd.read_csv(file, index_col="metric").astype(float)
    return {".".join(key): error for key, error in table.unstack().dropna().items()}


PARSERS = {
    "results/metrics.json": parse_metrics,
    "results/standard_errors.csv": parse_errors,
    LATENTS: lambda file: dict(np.load(file)),
}


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


def seed_deviations(path: Path = SEEDS) -> dict[str, float]:
    """Return the standard deviation of the difference of two seeds, by metric."""
    with readable(path, ValueError, made_by="studies/dvc.yaml:study@seeds"):
        table = pd.read_csv(path) if path.exists() else pd.DataFrame()
    return dict(math.sqrt(2) * table.std(numeric_only=True))


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
    if not rows:
        raise PipelineError("the two results have no metric in common")
    return pd.DataFrame(rows).set_index("metric")


def ratio(difference: float, unit: float) -> float:
    """Return the absolute difference divided by a unit, which may be zero."""
    return abs(difference) / unit if unit else math.inf if difference else 0.0


def main() -> int:
    parser = Parser(description="Compare two results, with standard errors.")
    add = parser.add_argument
    name = parse_as(Annotated[str, Field(min_length=1)])
    add("first", type=name, help="a commit or an experiment")
    add("second", type=name, nargs="?", default=HERE, help="default: the files here")
    add("--tolerance", type=parse_as(NotNegative), default=3, help="standard errors")
    options = parser.parse_args()
    first, second = read_outcome(options.first), read_outcome(options.second)
    table = compare(first, second, seed_deviations())
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
