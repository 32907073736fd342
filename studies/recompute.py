"""Compute a few points of each committed table anew, and compare the rows bit for bit.

    python studies/recompute.py                             two points of every study
    python studies/recompute.py seeds --points 1 --seed 3   one, by another choice
    python studies/recompute.py seeds --only train.seed=1 --cached

Exit status 1 if a row differs.
"""

import argparse
import io
import random
import sys

import pandas as pd

from run import (
    ROOT,
    connect,
    describe_place,
    disconnect,
    refuse_another,
    refuse_changes,
    run_points,
)
from specification import PipelineError, Point, list_points, read_study, study_names
from table import make_table, table_of_runs

TABLES = ROOT / "results/studies"


def choose(points: list[Point], options: argparse.Namespace) -> list[int]:
    """Places of the points to verify."""
    wanted = [text.partition("=")[::2] for text in options.only]
    places = [
        place
        for place, point in enumerate(points)
        if all(str(point.place.get(name)) == value for name, value in wanted)
    ]
    if not places:
        raise PipelineError(f"--only {' '.join(options.only)}: no point is so")
    count = min(options.points, len(places))
    return sorted(random.Random(options.seed).sample(places, count))


def as_written(table: pd.DataFrame) -> list[dict[str, str]]:
    """The cells of a table that are not empty, as text."""
    content = io.StringIO(table.to_csv(index=False))
    rows = pd.read_csv(content, dtype=str).to_dict("records")
    return [{k: v for k, v in row.items() if isinstance(v, str)} for row in rows]


def verify(name: str, options: argparse.Namespace) -> bool:
    """Whether the chosen rows of a study come out as they are committed."""
    study = read_study(ROOT / f"studies/{name}.yaml")
    points = list_points(study)
    path = table_of_runs(study, TABLES / f"{name}.csv")
    if not path.exists():
        raise PipelineError(
            f"{path}: no such table; make it with: studies/run.py {name}"
        )
    committed = as_written(pd.read_csv(path, dtype=str))
    places = choose(points, options)
    chosen = [points[place] for place in places]
    client = connect(None, num_workers=1)
    same = True
    try:
        ran = run_points(client, chosen, local=True, anew=not options.cached)
        for place, _, result in ran:
            (row,) = as_written(make_table([chosen[place]], [result]))
            expected = committed[places[place]]
            differing = [
                key for key in row | expected if row.get(key) != expected.get(key)
            ]
            words = f"differs in {', '.join(differing)}" if differing else "equal"
            print(f"{name}, {describe_place(chosen[place])}: {words}", flush=True)
            same = same and not differing
    finally:
        disconnect(client)
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify rows of studies' tables.")
    parser.add_argument("study", nargs="*", help="its name; by default all")
    parser.add_argument("--points", type=int, default=2, help="of each study")
    parser.add_argument("--seed", type=int, default=0, help="of their choice")
    parser.add_argument("--only", nargs="*", default=[], help="such as train.seed=1")
    parser.add_argument(
        "--cached", action="store_true", help="take what DVC's cache has"
    )
    options = parser.parse_args()
    refuse_changes()
    lock = refuse_another()
    computed = {path.stem for path in TABLES.glob("*.csv")}
    names = options.study or sorted(
        computed.intersection(study_names(ROOT / "studies"))
    )
    same = [verify(name, options) for name in names]
    lock.close()
    return 0 if all(same) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
