"""The rows of a study, and the comparison of points that were computed twice."""

import json
import math
import random
from collections.abc import Sequence

import pandas as pd

from point import Result
from specification import Point


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
