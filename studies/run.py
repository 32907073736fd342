"""Run a study: a table with a row for each point of a grid of parameters.

    python studies/run.py seeds                        the study of studies/seeds.yaml
    python studies/run.py 'model.latent_dim=2,5' 'train.seed=1,2' --output my.csv
    python studies/run.py seeds --scheduler tcp://host:8786

A point is one ordinary `dvc repro evaluate` of the committed code. DVC's cache serves
what was computed before, and a study that was stopped goes on where it was. Points are
tasks of Dask: on this machine, or on all those whose workers a scheduler knows.
"""

import argparse
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
from specification import Point, Study, list_points, parse_grid, read_study
from table import (
    as_csv,
    audit_points,
    describe_difference,
    make_table,
    summarize,
    table_of_runs,
)
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files
from vae.pipeline.progress import progress_bar


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a study of many points.")
    add = parser.add_argument
    add("study", nargs="+", help="its name, or parameters with values")
    add("--output", type=Path, help="the table, for a study by values")
    add("--scheduler", help="address of Dask's, such as tcp://host:8786")
    pairs = max(1, (os.cpu_count() or 1) // 2)  # a training keeps two cores busy
    add("--workers", type=int, default=pairs, help="here; by default one for two cores")
    add("--audit", type=float, default=0, help="the share of points to compute twice")
    options = parser.parse_args()
    if not 0 <= options.audit <= 1:
        raise PipelineError(f"--audit: received {options.audit}; allowed: 0 to 1")
    if options.workers < 1:
        raise PipelineError(
            f"--workers: received {options.workers}; expected 1 or more"
        )
    return options


def choose_study(options: argparse.Namespace) -> tuple[Study, Path]:
    """Return the study, and the path of its table."""
    if any("=" in text for text in options.study):
        if options.output is None:
            raise PipelineError("a study by values needs a table: --output my.csv")
        return parse_grid(options.study), options.output
    if len(options.study) > 1:
        raise PipelineError(f"received {' '.join(options.study)}; expected one study")
    (name,) = options.study
    table = options.output or ROOT / f"results/studies/{name}.csv"
    return read_study(ROOT / f"studies/{name}.yaml"), table


def run_study(
    client: Client, points: Sequence[Point], audit: float
) -> tuple[list[Result], list[str]]:
    """Run all points, and say how far it is.

    Returns:
        the results in the order of the points, and a line for each difference that an
        audit of this share of them has found.
    """
    audited = audit_points(points, audit)
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


def main() -> int:
    options = parse_arguments()
    study, path = choose_study(options)
    points = list_points(study)
    refuse_changes()
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
