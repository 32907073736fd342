"""Is the difference between two results more than noise?

    python tools/compare.py HEAD~1               that commit and the files here
    python tools/compare.py HEAD brash-doge      a commit and an experiment

Prints for each metric the difference and its standard error: paired by image where
both results have the values of the same images, which DVC's cache may hold; unpaired
where not. Where the study `seeds` knows how far seeds alone take a metric, the last
column has the difference in standard deviations of that of two seeds.

Exit status 1 if a metric differs by more than `--tolerance` standard errors.
"""

import argparse
import io
import json
import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.scm import SCM, SCMError, resolve_rev

HERE = "workspace"


class Outcome(NamedTuple):
    """A result.

    Attributes:
        metrics: by name such as `test.elbo`.
        errors: their standard errors, where there is one.
        arrays: of `latents.npz`, or none if DVC's cache lacks it.
    """

    metrics: dict[str, float]
    errors: dict[str, float]
    arrays: dict[str, np.ndarray]


class NotThere(Exception):
    """A commit or a file that cannot be had; the message is one line."""


def read_outcome(folder: Path, name: str) -> Outcome:
    """A result of a commit or an experiment, or that of the files in the folder."""
    try:
        rev = None if name == HERE else resolve_rev(SCM(str(folder)), name)
        files = DVCFileSystem(str(folder), rev=rev)
        metrics = json.loads(files.read_bytes("results/metrics.json"))
        errors = files.read_bytes("results/standard_errors.csv")
    except SCMError:
        raise NotThere(f"{name}: no such commit or experiment") from None
    except FileNotFoundError as error:
        raise NotThere(f"{name}: no {Path(str(error.filename)).name} in it") from None
    table = pd.read_csv(io.BytesIO(errors), index_col="metric")
    arrays: dict[str, np.ndarray] = {}
    try:
        content = files.read_bytes("results/latents.npz")
        arrays = dict(np.load(io.BytesIO(content)))
    except (OSError, DvcException):
        pass  # in no cache within reach: metrics are compared without it
    return Outcome(
        {f"{split}.{n}": v for split in metrics for n, v in metrics[split].items()},
        {
            f"{split}.{n}": v
            for split in table
            for n, v in table[split].dropna().items()
        },
        arrays,
    )


def same_images(first: Outcome, second: Outcome) -> bool:
    """Whether both have values of the same images."""
    return all(
        name in first.arrays
        and name in second.arrays
        and np.array_equal(first.arrays[name], second.arrays[name])
        for name in ("dataset", "label")
    )


def standard_error(
    name: str, first: Outcome, second: Outcome
) -> tuple[float, str] | None:
    """Of a metric's difference, and how it was computed; None if it has none."""
    column = name.replace(".", "_")
    if (
        same_images(first, second)
        and column in first.arrays
        and column in second.arrays
    ):
        change = second.arrays[column].astype(float) - first.arrays[column].astype(
            float
        )
        return float(change.std(ddof=1) / math.sqrt(len(change))), "paired"
    if name in first.errors and name in second.errors:
        return math.hypot(first.errors[name], second.errors[name]), "unpaired"
    return None


def seeds_spread(folder: Path, name: str) -> float | None:
    """The standard deviation of a metric's difference between two seeds, if known."""
    path = folder / "results/studies/seeds.csv"
    if not path.exists():
        return None
    table = pd.read_csv(path)
    return math.sqrt(2) * table[name].std() if name in table else None


def compare(
    first: Outcome, second: Outcome, spreads: dict[str, float | None]
) -> pd.DataFrame:
    """A row for each metric that both have."""
    rows = []
    for name, old in first.metrics.items():
        new = second.metrics.get(name)
        if isinstance(old, bool) or new is None:
            continue
        row: dict[str, Any] = {"metric": name, "first": old, "second": new}
        row["difference"] = new - old
        if error := standard_error(name, first, second):
            row["standard error"], row["by"] = error
            row["in errors"] = ratio(new - old, error[0])
        if spread := spreads.get(name):
            row["in spreads of seeds"] = ratio(new - old, spread)
        rows.append(row)
    return pd.DataFrame(rows).set_index("metric")


def ratio(difference: float, unit: float) -> float:
    """How many units a difference is, also where the unit is zero."""
    return abs(difference) / unit if unit else math.inf if difference else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare two results, with errors.")
    parser.add_argument("first", help="a commit or an experiment")
    parser.add_argument(
        "second", nargs="?", default=HERE, help="by default what is here"
    )
    parser.add_argument("--tolerance", type=float, default=3, help="standard errors")
    options = parser.parse_args()
    folder = Path.cwd()
    try:
        first = read_outcome(folder, options.first)
        second = read_outcome(folder, options.second)
    except NotThere as error:
        sys.exit(f"error: {error}")
    spreads = {name: seeds_spread(folder, name) for name in first.metrics}
    table = compare(first, second, spreads)
    formats = {"difference": "{:+.4f}".format, "standard error": "{:.4f}".format}
    formats |= {name: "{:.1f}".format for name in table if name.startswith("in ")}
    print(table.to_string(na_rep="", formatters=formats))
    beyond = table.index[
        table.get("in errors", pd.Series(dtype=float)) > options.tolerance
    ]
    if len(beyond):
        print(f"beyond {options.tolerance:g} standard errors: {', '.join(beyond)}")
    return int(len(beyond) > 0)


if __name__ == "__main__":
    sys.exit(main())
