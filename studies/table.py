"""The rows of a study, and the comparison of points that were computed twice."""

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from point import Result
from specification import Point, Study, default_params

WEIGHTS = "results/model.safetensors"


def make_table(points: Sequence[Point], results: Sequence[Result]) -> pd.DataFrame:
    """Return a row per point: coordinates, metrics, weights, and why it failed."""
    coordinates = [
        {name: as_cell(value) for name, value in point.coordinates.items()}
        for point in points
    ]
    pairs = zip(coordinates, results, strict=True)
    table = pd.DataFrame([cells | result.metrics for cells, result in pairs])
    table["weights_sha256"] = [r.hashes.get(WEIGHTS) for r in results]
    table["message"] = [r.message or None for r in results]
    return table


def summarize(
    study: Study, points: Sequence[Point], runs: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per variant: mean and standard deviation of the runs that ended.

    Further columns are the parameters of which any run differs from `params.yaml`; of
    those that vary within a row, all values.
    """
    defaults = default_params()
    names = dict.fromkeys(name for point in points for name in point.overrides)
    varied = {k: v if len(v) > 1 else v[0] for k, v in study.grid.items()}
    rows = []
    for variant, changes in study.variants.items():
        values = runs.loc[runs["variant"] == variant, study.summary.metric]
        params = defaults | study.shared | changes | varied
        rows.append(
            {
                "row": variant,
                "mean": round(values.mean(), 4),
                "sd": round(values.std(), 4),
                "published": study.summary.published.get(variant),
                **{name: as_cell(params[name]) for name in names},
            }
        )
    return pd.DataFrame(rows)


def table_of_runs(study: Study, path: Path) -> Path:
    """Return the path of the runs; a summary takes the study's own, if there is one."""
    return path.with_stem(f"{path.stem}_runs") if study.summary else path


def as_csv(table: pd.DataFrame) -> bytes:
    """Return the content of the file."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def as_cell(value: object) -> object:
    """Return a value for a cell; a list becomes what params.yaml would say."""
    return json.dumps(value) if isinstance(value, list) else value


def audit_points(points: Sequence[Point], share: float) -> set[int]:
    """Return indices of the points that are computed twice, the same in every run."""
    count = math.ceil(share * len(points))
    return set(random.Random(0).sample(range(len(points)), count))


def describe_difference(name: str, first: Result, second: Result) -> list[str]:
    """Return a line if a point that was computed twice came out different."""
    if second.message:
        return [f"{name}: the second run failed: {second.message}"]
    outputs = [
        key for key in first.hashes if first.hashes[key] != second.hashes.get(key)
    ]
    if not outputs:
        return []
    machines = " and ".join(dict.fromkeys((first.machine, second.machine)))
    return [f"{name}: {', '.join(outputs)} came out different, on {machines}"]
