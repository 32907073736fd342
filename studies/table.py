"""The tables of a study, and the comparison of points that were computed twice."""

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from grid import Point, default_params
from point import Result
from specification import Study
from vae.pipeline.errors import PipelineError


def make_table(points: Sequence[Point], results: Sequence[Result]) -> pd.DataFrame:
    """Return a row per point: coordinates, metrics, hash of weights and message."""
    pairs = zip(points, results, strict=True)
    rows = [{**point.coordinates, **result.metrics} for point, result in pairs]
    table = pd.DataFrame(rows).map(as_cell)
    table["weights_sha256"] = [r.weights or None for r in results]
    table["message"] = [r.message or None for r in results]
    return table


def summarize(
    study: Study, points: Sequence[Point], runs: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per variant: mean and standard deviation of the completed runs.

    A published value stands beside its metric. Further columns are the parameters that
    the study changes. A parameter that varies within a row has all its values.
    """
    assert study.summary and study.variants
    defaults = default_params()
    names = dict.fromkeys(name for point in points for name in point.overrides)
    varied = {k: v if len(v) > 1 else v[0] for k, v in study.grid.items()}
    known = study.published
    rows = []
    for variant, changes in study.variants.items():
        row: dict[str, object] = {"row": variant}
        for metric in study.summary.metrics:
            values = runs.loc[runs["variant"] == variant, metric]
            row |= {metric: round(values.mean(), 4), f"{metric}_sd": values.std()}
            if known and known.metric == metric:
                row["published"] = known.values.get(variant)
        params = defaults | study.shared | changes | varied
        rows.append(row | {name: as_cell(params[name]) for name in names})
    return pd.DataFrame(rows).round(4)


def runs_path(study: Study, path: Path) -> Path:
    """Return the path of the table of runs, which `path` is without a summary."""
    return path.with_stem(f"{path.stem}_runs") if study.summary else path


def is_table(content: bytes) -> bool:
    """Return whether a file is empty or a table of a study or its summary."""
    header = content.partition(b"\n")[0]
    return not content or b"weights_sha256" in header or header.startswith(b"row,")


def as_csv(table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a CSV file."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def as_cell(value: object) -> object:
    """Return the value of a cell; lists and mappings become JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def read_rows(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file: the text of nonempty cells, with 1 for 1.0."""
    rows = csv.DictReader(content.decode(errors="replace").splitlines())
    return [{k: v.removesuffix(".0") for k, v in row.items() if v} for row in rows]


def row_indices(points: Sequence[Point], only: Sequence[str]) -> list[int]:
    """Return the indices of rows to verify: those with given values, or a sample."""
    if not only:
        chosen = random.Random(0).sample(range(len(points)), min(2, len(points)))
        return sorted(chosen)  # the same in every run
    values = [{f"{n}={v}" for n, v in point.coordinates.items()} for point in points]
    indices = [i for i, point in enumerate(values) if point.issuperset(only)]
    if not indices:
        raise PipelineError(f"--only {' '.join(only)}: no point has these values")
    return indices


def differing_columns(point: Point, result: Result, row: dict[str, str]) -> list[str]:
    """Return the columns in which a result differs from a row of a table."""
    (found,) = read_rows(as_csv(make_table([point], [result])))
    return [name for name in found | row if found.get(name) != row.get(name)]
