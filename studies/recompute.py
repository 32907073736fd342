"""Compute a few points of each committed table anew, and compare the rows bit for bit.

    python studies/recompute.py                             two points of every study
    python studies/recompute.py seeds --points 1 --seed 3   one, by another choice
    python studies/recompute.py seeds --only train.seed=1 --cached

Exit status 1 if a row differs.
"""

import argparse
import csv
import random
import sys
from collections.abc import Sequence

from checkout import ROOT, only_study, refuse_changes
from cluster import connect, run_points
from specification import Point, list_points, read_study, study_names
from table import as_csv, make_table, table_of_runs
from vae.pipeline.errors import PipelineError

TABLES = ROOT / "results/studies"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify rows of studies' tables.")
    add = parser.add_argument
    add("study", nargs="*", help="its name; by default all")
    add("--points", type=int, default=2, help="of each study")
    add("--seed", type=int, default=0, help="of their choice")
    add("--only", nargs="*", default=[], help="such as train.seed=1")
    add("--cached", action="store_true", help="take what DVC's cache has")
    return parser.parse_args()


def choose_points(points: Sequence[Point], options: argparse.Namespace) -> list[int]:
    """Return indices of the points to verify."""
    wanted = [text.partition("=")[::2] for text in options.only]
    indices = [
        index
        for index, point in enumerate(points)
        if all(str(point.coordinates.get(name)) == value for name, value in wanted)
    ]
    if not indices:
        raise PipelineError(f"--only {' '.join(options.only)}: no point is so")
    count = min(options.points, len(indices))
    return sorted(random.Random(options.seed).sample(indices, count))


def read_rows(content: bytes) -> list[dict[str, str]]:
    """Return the cells of a table that are not empty, as text."""
    rows = csv.DictReader(content.decode().splitlines())
    return [{name: text for name, text in row.items() if text} for row in rows]


def verify(name: str, options: argparse.Namespace) -> bool:
    """Say whether the chosen rows of a study come out as they are committed."""
    study = read_study(ROOT / f"studies/{name}.yaml")
    points = list_points(study)
    path = table_of_runs(study, TABLES / f"{name}.csv")
    if not path.exists():
        raise PipelineError(f"{path}: no such table; make it: studies/run.py {name}")
    committed = read_rows(path.read_bytes())
    indices = choose_points(points, options)
    chosen = [points[index] for index in indices]
    same = True
    with connect(None) as client:
        for i, _, result in run_points(client, chosen, anew=not options.cached):
            (row,) = read_rows(as_csv(make_table([chosen[i]], [result])))
            expected = committed[indices[i]]
            names = [key for key in row | expected if row.get(key) != expected.get(key)]
            words = f"differs in {', '.join(names)}" if names else "equal"
            print(f"{name}, {chosen[i]}: {words}", flush=True)
            same = same and not names
    return same


def main() -> int:
    options = parse_arguments()
    refuse_changes()
    computed = {path.stem for path in TABLES.glob("*.csv")}
    names = options.study or sorted(computed & set(study_names(ROOT / "studies")))
    with only_study():
        same = [verify(name, options) for name in names]
    return 0 if all(same) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
