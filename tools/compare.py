"""Is the difference between two results more than noise?

    python tools/compare.py HEAD~1               that commit and the files here
    python tools/compare.py HEAD brash-doge      a commit and an experiment

Prints for each metric the difference and its standard error: paired by image where
both results have the values of the same images, which DVC's cache may hold; unpaired
where not. Where the study `seeds` knows how far seeds alone take a metric, the last
column has the difference in standard deviations of that of two seeds.

Exit status 1 if a metric differs by more than `--tolerance` standard errors.
"""

import io
import math
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.scm import SCM, RevError, resolve_rev
from pydantic import TypeAdapter, ValidationError

from command import Parser, of, run
from vae.pipeline.arrays import DAMAGE
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.params import explain
from vae.pipeline.schema import NotNegative

HERE = "workspace"
SEEDS = Path("results/studies/seeds.csv")
NUMBERS = TypeAdapter(dict[str, dict[str, bool | float]])  # by split and metric


class Outcome(NamedTuple):
    """A result, whose metrics have names such as `test.elbo`."""

    metrics: dict[str, float]
    errors: dict[str, float]  # standard errors of metrics that have one
    arrays: dict[str, np.ndarray]  # of latents.npz; none if DVC's cache lacks it


def read_outcome(name: str) -> Outcome:
    """Read the result of a commit or an experiment, or that of the files here."""
    files = open_files(name)
    arrays: dict[str, np.ndarray] = {}
    try:
        metrics = NUMBERS.validate_json(files.read_bytes("results/metrics.json"))
        table = pd.read_csv(io.BytesIO(files.read_bytes("results/standard_errors.csv")))
        errors = NUMBERS.validate_python(table.set_index("metric").to_dict())
        with suppress(OSError, DvcException):  # in no cache within reach
            arrays |= np.load(io.BytesIO(files.read_bytes("results/latents.npz")))
    except FileNotFoundError as error:
        missing = Path(str(error.filename)).name
        raise PipelineError(f"{name}: no {missing} in it") from None
    except ValidationError as error:
        problem = f"damaged metrics: {explain(error.errors()[0])}"
        raise PipelineError(f"{name}: {problem}") from None
    except (KeyError, *DAMAGE) as error:
        raise PipelineError(f"{name}: damaged results: {one_line(error)}") from None
    return Outcome(by_name(metrics), by_name(errors), arrays)


def open_files(name: str) -> DVCFileSystem:
    """Open the files of a commit or an experiment, or those here."""
    try:
        if name == HERE:
            return DVCFileSystem(".")
        with closing(SCM(".")) as repository:
            rev = resolve_rev(repository, name)
            repository.resolve_commit(rev)  # AttributeError: a tree or a file
        return DVCFileSystem(".", rev=rev)
    except (AttributeError, RevError):
        raise PipelineError(f"{name}: no such commit or experiment") from None
    except Exception as error:  # noqa: BLE001  those of Git and DVC are many
        raise PipelineError(f"{name}: {one_line(error)}") from None


def by_name(sections: Any) -> dict[str, float]:
    """Return the numbers of each split by names such as `test.elbo`."""
    return {
        f"{split}.{name}": value
        for split, section in sections.items()
        for name, value in section.items()
        if not isinstance(value, bool) and not math.isnan(value)
    }


def standard_error(
    name: str, first: Outcome, second: Outcome
) -> tuple[float, str] | None:
    """Return that of a metric's difference, and its kind; None if there is none."""
    keys, column = {"dataset", "label"}, name.replace(".", "_")
    old, new = first.arrays, second.arrays
    both = keys | {column} <= old.keys() & new.keys()
    if both and all(np.array_equal(old[key], new[key]) for key in keys):
        change = new[column].astype(float) - old[column].astype(float)
        return float(change.std(ddof=1) / math.sqrt(len(change))), "paired"
    if name in first.errors and name in second.errors:
        return math.hypot(first.errors[name], second.errors[name]), "unpaired"
    return None


def seed_spreads(path: Path = SEEDS) -> dict[str, float]:
    """Return by metric the standard deviation of the difference of two seeds."""
    try:
        table = pd.read_csv(path) if path.exists() else pd.DataFrame()
    except ValueError as error:
        problem = f"damaged ({one_line(error)}); mend it with: git checkout {path}"
        raise PipelineError(f"{path}: {problem}") from None
    return dict(math.sqrt(2) * table.std(numeric_only=True))


def compare(first: Outcome, second: Outcome, spreads: dict[str, float]) -> pd.DataFrame:
    """Return a row for each metric that both have."""
    rows = []
    for name in [name for name in first.metrics if name in second.metrics]:
        old, new = first.metrics[name], second.metrics[name]
        row: dict[str, Any] = {"metric": name, "first": old, "second": new}
        row["difference"] = new - old
        if error := standard_error(name, first, second):
            row["standard error"], row["by"] = error
            row["in errors"] = ratio(new - old, error[0])
        if spread := spreads.get(name):
            row["in spreads of seeds"] = ratio(new - old, spread)
        rows.append(row)
    if not rows:
        raise PipelineError("the two results have no metric in common")
    return pd.DataFrame(rows).set_index("metric")


def ratio(difference: float, unit: float) -> float:
    """Return how many units a difference is, also where the unit is zero."""
    return abs(difference) / unit if unit else math.inf if difference else 0.0


def main() -> int:
    parser = Parser(description="Compare two results, with errors.")
    add = parser.add_argument
    add("first", help="a commit or an experiment")
    add("second", nargs="?", default=HERE, help="by default what is here")
    add("--tolerance", type=of(NotNegative), default=3, help="standard errors")
    options = parser.parse_args()
    first, second = read_outcome(options.first), read_outcome(options.second)
    table = compare(first, second, seed_spreads())
    formats = {"difference": "{:+.4f}".format, "standard error": "{:.4f}".format}
    formats |= {name: "{:.1f}".format for name in table if name.startswith("in ")}
    print(table.to_string(na_rep="", formatters=formats))
    in_errors = table.get("in errors", pd.Series(dtype=float))
    beyond = table.index[in_errors > options.tolerance]
    if len(beyond):
        print(f"beyond {options.tolerance:g} standard errors: {', '.join(beyond)}")
    return int(len(beyond) > 0)


if __name__ == "__main__":
    run(main)
