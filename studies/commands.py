"""The commands of `run.py`: run a study, or verify the tables of studies."""

import argparse
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from distributed import Client

from checkout import ROOT, require_committed_code, study_lock
from cluster import connected, run_points
from command import Parser, parse_as
from draw import draw_study
from grid import Point, list_points, parse_grid
from point import Result
from specification import Study, read_study, study_names
from table import (
    as_cell,
    as_csv,
    differing_columns,
    is_table,
    make_table,
    read_rows,
    row_indices,
    runs_path,
    summarize,
)
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.files import write_files
from vae.pipeline.progress import progress_bar
from vae.pipeline.schema import Count

TABLES = ROOT / "results/studies"


def main() -> int:
    """Run the command; return 1 if anything fails or differs, else 0."""
    options = parse_arguments()
    if options.recipe is not None:
        return run_recipe(choose_study(options)[0], options.recipe)
    require_committed_code()
    if options.verify:
        return verify(options)
    study, path = choose_study(options)
    points = list_points(study)
    with study_lock(), connected(options.scheduler, options.workers) as client:
        results = run_study(client, points)
    complete = write_study(study, points, results, path)
    return 1 if any(r.message for r in results) or not complete else 0


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description="Run a study, or verify tables of studies.")
    add = parser.add_argument
    add("study", nargs="*", help="name of a study, or parameters with values")
    add("--output", type=Path, help="path of the table, for parameters with values")
    add("--scheduler", help="address of a Dask scheduler, such as tcp://host:8786")
    pairs = max(1, (os.cpu_count() or 1) // 2)  # training uses two cores
    workers = "number on this machine; default: one per two cores"
    add("--workers", type=parse_as(Count), default=pairs, help=workers)
    add("--verify", action="store_true", help="compare with tables; default: all")
    add("--only", nargs="+", default=[], help="rows to verify, such as train.seed=1")
    add("--cached", action="store_true", help="verify results from DVC's cache")
    add("--recipe", help="variant to run in the workspace, as an experiment of DVC")
    options = parser.parse_args()
    if (options.only or options.cached) and not options.verify:
        parser.error("arguments --only and --cached: expected with --verify")
    return options


def run_recipe(study: Study, variant: str) -> int:
    """Run the first run of a variant in the workspace; return the status of DVC."""
    points = [p for p in list_points(study) if p.coordinates.get("variant") == variant]
    if not points:
        known = ", ".join(study.variants or ["none, this study has no variants"])
        raise PipelineError(f"--recipe: received {variant}; expected one of: {known}")
    command = [sys.executable, "-m", "dvc", "exp", "run"]
    for name, value in points[0].overrides.items():
        command += ["--set-param", f"{name}={as_cell(value)}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def choose_study(options: argparse.Namespace) -> tuple[Study, Path]:
    """Return the study and the path of its table."""
    names, output = options.study, options.output
    if output and output.is_file() and not is_table(output.read_bytes()):
        problem = "not a table of a study; name another file"
        raise PipelineError(f"--output: {output}: {problem}")
    if any("=" in text for text in names):
        if output is None:
            raise PipelineError("a study of values needs --output, such as my.csv")
        return parse_grid(names), output
    known = study_names(ROOT / "studies")
    if len(names) != 1 or names[0] not in known:
        received = " ".join(names) or "none"
        raise PipelineError(f"received {received}; expected one of: {', '.join(known)}")
    study = read_study(ROOT / f"studies/{names[0]}.yaml")
    return study, output or TABLES / f"{names[0]}.csv"


def run_study(client: Client, points: Sequence[Point]) -> list[Result]:
    """Return results in the order of the points."""
    results = [Result()] * len(points)
    tally = Counter(computed=0, served=0, failed=0)
    total = len(points)
    with progress_bar("points", total) as bar:
        for done, (i, result) in enumerate(run_points(client, points), start=1):
            results[i] = result
            tally[result.kind] += 1
            words = ", ".join(f"{count} {how}" for how, count in tally.items())
            bar.set_postfix_str(words, refresh=False)
            bar.update()
            if bar.disable:
                ended = result.message or result.kind
                print(f"{done}/{total} {points[i]}: {ended}", flush=True)
    print(f"{total} points: {words}")
    return results


def write_study(
    study: Study, points: Sequence[Point], results: Sequence[Result], path: Path
) -> bool:
    """Write the table, then summary and figure; return whether all are written.

    A failure to summarize or draw keeps the table.
    """
    table = make_table(points, results)
    write_files({runs_path(study, path): as_csv(table)})
    try:
        if study.summary:
            write_files({path: as_csv(summarize(study, points, table))})
        if study.figure:
            write_files({path.with_suffix(".png"): draw_study(study, points, table)})
    except Exception as error:  # noqa: BLE001  the table is written
        print(f"no figure or summary: {type(error).__name__}: {one_line(error)}")
        return False
    return True


def verify(options: argparse.Namespace) -> int:
    """Compute rows of tables again; return 1 if any differs, else 0."""
    tables = {path.stem for path in TABLES.glob("*.csv")}
    names = options.study or sorted(tables & {*study_names(ROOT / "studies")})
    if not names:
        raise PipelineError(f"{TABLES}: has no table of a study to verify")
    chosen = [row for name in names for row in points_to_verify(name, options.only)]
    points = [point for _, point, _ in chosen]
    same = True
    with study_lock(), connected(options.scheduler, options.workers) as client:
        for i, result in run_points(client, points, anew=not options.cached):
            name, point, row = chosen[i]
            columns = differing_columns(point, result, row)
            words = f"differs in {', '.join(columns)}" if columns else "equal"
            print(f"{name}, {point}: {words}", flush=True)
            same = same and not columns
    return 0 if same else 1


def points_to_verify(
    name: str, only: Sequence[str]
) -> list[tuple[str, Point, dict[str, str]]]:
    """Return the chosen points of a study, with its name and their table rows."""
    study = read_study(ROOT / f"studies/{name}.yaml")
    path = runs_path(study, TABLES / f"{name}.csv")
    points = list_points(study)
    rows = read_rows(path.read_bytes()) if path.is_file() else []
    if len(rows) != len(points):
        problem = f"has {len(rows)} rows, expected {len(points)}"
        raise PipelineError(f"{path}: {problem}; make it with: studies/run.py {name}")
    return [(name, points[i], rows[i]) for i in row_indices(points, only)]
