"""Run a study: a table with a row for each point of a grid of parameters.

    python studies/run.py seeds                        the study of studies/seeds.yaml
    python studies/run.py 'model.latent_dim=2,5' 'train.seed=1,2' --output my.csv
    python studies/run.py seeds --scheduler tcp://host:8786
    python studies/run.py --verify                     two rows of every table, anew
    python studies/run.py seeds --verify --only train.seed=1 --cached

A point is one ordinary `dvc repro evaluate` of the committed code. DVC's cache serves
what was computed before, and a study that was stopped goes on where it was. Points are
tasks of Dask: on this machine, or on all those whose workers a scheduler knows.
Exit status 1 if a run fails, or does not come out as it did before.
"""

import argparse
import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from distributed import Client

from checkout import ROOT, only_study, refuse_changes
from cluster import connect, run_points
from draw import draw_study
from point import Result
from specification import Point, Study, list_points, parse_grid, read_study, study_names
from table import (
    as_csv,
    choose_rows,
    describe_difference,
    differing_cells,
    make_table,
    read_rows,
    sample_points,
    summarize,
    table_of_runs,
)
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files
from vae.pipeline.progress import progress_bar

TABLES = ROOT / "results/studies"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a study of many points.")
    add = parser.add_argument
    add("study", nargs="*", help="its name, or parameters with values")
    add("--output", type=Path, help="the table, for a study by values")
    add("--scheduler", help="address of Dask's, such as tcp://host:8786")
    pairs = max(1, (os.cpu_count() or 1) // 2)  # a training keeps two cores busy
    add("--workers", type=int, default=pairs, help="here; by default one for two cores")
    add("--audit", type=float, default=0, help="the share of points to compute twice")
    add("--verify", action="store_true", help="compare with the tables, by default all")
    add("--only", nargs="*", default=[], help="rows to verify, such as train.seed=1")
    add("--cached", action="store_true", help="verify what DVC's cache has")
    options = parser.parse_args()
    if not 0 <= options.audit <= 1:
        raise PipelineError(f"--audit: received {options.audit}; allowed: 0 to 1")
    if options.workers < 1:
        received = f"received {options.workers}"
        raise PipelineError(f"--workers: {received}; expected 1 or more")
    return options


def choose_study(options: argparse.Namespace) -> tuple[Study, Path]:
    """Return the study, and the path of its table."""
    if any("=" in text for text in options.study):
        if options.output is None:
            raise PipelineError("a study by values needs a table: --output my.csv")
        return parse_grid(options.study), options.output
    if len(options.study) != 1:
        received = " ".join(options.study) or "none"
        raise PipelineError(f"received {received}; expected one study")
    (name,) = options.study
    table = options.output or TABLES / f"{name}.csv"
    return read_study(ROOT / f"studies/{name}.yaml"), table


def run_study(
    client: Client, points: Sequence[Point], audit: float
) -> tuple[list[Result], list[str]]:
    """Return results in the order of the points, and what differs in an audit."""
    audited = sample_points(points, math.ceil(audit * len(points)))
    results, differences = [Result()] * len(points), []
    tally = Counter(computed=0, served=0, failed=0)
    total = len(points) + len(audited)
    ending = run_points(client, points, audited=audited)
    with progress_bar("points", total) as bar:
        for done, (index, second, result) in enumerate(ending, start=1):
            name, kind = str(points[index]), "audited" if second else result.kind
            if second:
                differences += describe_difference(name, results[index], result)
            else:
                results[index] = result
                tally[kind] += 1
            words = ", ".join(f"{count} {how}" for how, count in tally.items())
            running = min(total - done, sum(client.nthreads().values()))
            bar.set_postfix_str(f"{words}, {running} running", refresh=False)
            bar.update()
            if bar.disable:
                print(f"{done}/{total} {name}: {result.message or kind}", flush=True)
    print(f"{len(points)} points: {words}")
    return results, differences


def write_study(
    study: Study, points: Sequence[Point], results: Sequence[Result], path: Path
) -> None:
    """Write the tables, and the figure if the runs have the metrics that it shows."""
    table = make_table(points, results)
    outputs = {table_of_runs(study, path): as_csv(table)}
    missing = [metric for metric in study.metrics if metric not in table]
    if study.summary and not missing:
        outputs[path] = as_csv(summarize(study, points, table))
    if study.figure and not missing:
        outputs[path.with_suffix(".png")] = draw_study(study, table)
    write_files(outputs)
    for metric in missing:
        print(f"{metric}: no run has this metric, so there is no figure of it")


def verify_study(client: Client, name: str, options: argparse.Namespace) -> bool:
    """Say whether rows of a study's table come out as they are committed."""
    study = read_study(ROOT / f"studies/{name}.yaml")
    path = table_of_runs(study, TABLES / f"{name}.csv")
    if not path.exists():
        raise PipelineError(f"{path}: no such table; make it: studies/run.py {name}")
    points, committed = list_points(study), read_rows(path.read_bytes())
    indices = choose_rows(points, options.only)
    chosen = [points[index] for index in indices]
    same = True
    for i, _, result in run_points(client, chosen, anew=not options.cached):
        names = differing_cells(chosen[i], result, committed[indices[i]])
        words = f"differs in {', '.join(names)}" if names else "equal"
        print(f"{name}, {chosen[i]}: {words}", flush=True)
        same = same and not names
    return same


def main() -> int:
    options = parse_arguments()
    refuse_changes()
    computed = {path.stem for path in TABLES.glob("*.csv")}
    if options.verify:
        names = options.study or sorted(computed & {*study_names(ROOT / "studies")})
        with only_study(), connect(options.scheduler, options.workers) as client:
            equal = [verify_study(client, name, options) for name in names]
        return 0 if all(equal) else 1
    study, path = choose_study(options)
    points = list_points(study)
    with only_study(), connect(options.scheduler, options.workers) as client:
        results, differences = run_study(client, points, options.audit)
    write_study(study, points, results, path)
    for difference in differences:
        print(difference)
    return 1 if differences or any(result.message for result in results) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it was")
