"""The rows of a study, and the comparison of points that were computed twice."""

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from point import Result
from specification import ROOT, Point, Study, override, read_params


def make_table(points: Sequence[Point], results: Sequence[Result]) -> pd.DataFrame:
    """A row for each point: its place, all metrics, its weights, why it failed."""
    rows = [
        {
            **{name: as_text(value) for name, value in point.place.items()},
            **result.metrics,
            "weights_sha256": result.hashes.get("model.safetensors"),
            "message": result.message or None,
        }
        for point, result in zip(points, results, strict=True)
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    last = ["weights_sha256", "message"]
    return pd.DataFrame(rows, columns=[n for n in names if n not in last] + last)


def summarize(
    study: Study, points: Sequence[Point], runs: pd.DataFrame
) -> pd.DataFrame:
    """A row for each variant: mean and standard deviation of the runs that ended.

    Args:
        study: with a summary.
        points: all runs.
        runs: their table.

    Returns:
        columns `row`, `mean`, `sd`, `published`, then the parameters of which any run
        differs from `params.yaml`; of those that vary within a row, all values.
    """
    defaults = read_params(ROOT / "params.yaml").model_dump()
    names = dict.fromkeys(name for point in points for name in point.overrides)
    rows = []
    for variant, changes in study.variants.items():
        values = runs.loc[runs["variant"] == variant, study.summary.metric]
        varied = {name: as_one(several) for name, several in study.grid.items()}
        params = override(defaults, study.shared | changes | varied)
        row = {
            "row": variant,
            "mean": round(values.mean(), 4),
            "sd": round(values.std(), 4),
            "published": study.summary.published.get(variant),
        }
        for name in names:
            section, _, key = name.partition(".")
            row[name] = as_text(params[section][key])
        rows.append(row)
    return pd.DataFrame(rows)


def table_of_runs(study: Study, path: Path) -> Path:
    """Where the runs stand; the study's own place is its summary's, if it has one."""
    return path.with_stem(f"{path.stem}_runs") if study.summary else path


def as_csv(table: pd.DataFrame) -> bytes:
    """The content of the file."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def as_one(values: list[object]) -> object:
    """A list of several values; or the only one."""
    return values if len(values) > 1 else values[0]


def as_text(value: object) -> object:
    """A value for a cell; a list as in params.yaml."""
    return json.dumps(value) if isinstance(value, list) else value


def audit_points(points: Sequence[Point], share: float) -> set[int]:
    """Places of the points that are computed twice, the same in every run."""
    count = math.ceil(share * len(points))
    return set(random.Random(0).sample(range(len(points)), count))


def describe_difference(name: str, first: Result, second: Result) -> list[str]:
    """A line if a point that was computed twice came out different."""
    if second.message:
        return [f"{name}: the second run failed: {second.message}"]
    outputs = [key for key in first.hashes if first.hashes[key] != second.hashes[key]]
    if not outputs:
        return []
    machines = " and ".join(dict.fromkeys((first.machine, second.machine)))
    return [f"{name}: {', '.join(outputs)} came out different, on {machines}"]
