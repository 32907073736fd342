"""Run a study: a table with a row for each point of a grid of parameters.

    python studies/run.py seeds                        the study of studies/seeds.yaml
    python studies/run.py 'model.latent_dim=2,5' 'train.seed=1,2' --output my.csv
    python studies/run.py seeds --scheduler tcp://host:8786

A point is one ordinary `dvc repro evaluate` of the committed code. DVC's cache serves
what was computed before, and a study that was stopped goes on where it was. Points are
tasks of Dask: on this machine, or on all those whose workers a scheduler knows.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TextIO

from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

import point
from draw import draw_study
from point import Result, compute
from specification import (
    ROOT,
    PipelineError,
    Point,
    Study,
    list_points,
    parse_grid,
    read_study,
)
from table import (
    as_csv,
    audit_points,
    describe_difference,
    make_table,
    summarize,
    table_of_runs,
)
from vae.pipeline.files import write_files
from vae.pipeline.progress import progress_bar

STATE = ROOT / ".state/studies"
PATIENCE = 10  # seconds to wait for a scheduler


class Tally(NamedTuple):
    """How many points are done, and how."""

    computed: int = 0
    served: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.computed} computed, {self.served} served, {self.failed} failed"


def git(*arguments: str) -> bytes:
    """What Git prints."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def refuse_changes() -> None:
    """Raise PipelineError unless what would run is what is committed."""
    # Specifications and tables are no part of what a point runs.
    paths = [".", ":!studies", ":!results/studies"]
    changed = git("status", "--porcelain", "--", *paths).decode().splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise PipelineError(
            f"{names}{more}: changed, and a study runs what is committed; "
            "commit or stash it"
        )


def refuse_another() -> TextIO:
    """Raise PipelineError if a study runs here already; keep what this returns open."""
    STATE.mkdir(parents=True, exist_ok=True)
    lock = (STATE / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PipelineError("another study runs here; wait for its end") from None
    return lock


def cache_folder() -> Path:
    """Of DVC, which may be configured to lie elsewhere."""
    command = [sys.executable, "-m", "dvc", "cache", "dir"]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Path(result.stdout.decode().strip())


def make_bundle() -> bytes:
    """The commit, for machines that share no disk with this one."""
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise PipelineError(
            "this clone is shallow, and workers elsewhere need a whole one; "
            "first: git fetch --unshallow"
        )
    return git("bundle", "create", "--quiet", "-", "HEAD")


def connect(scheduler: str | None, num_workers: int) -> Client:
    """Dask on this machine, or the scheduler at an address."""
    if scheduler is None:
        cluster = LocalCluster(
            n_workers=num_workers,
            threads_per_worker=1,
            memory_limit=None,  # of this process alone, which the stages are not
            dashboard_address=":0",  # any port that is free
            local_directory=str(STATE / "dask"),
            silence_logs="CRITICAL",
        )
        return Client(cluster)
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"{scheduler}: no scheduler answers ({error}); "
            "start one with: dask scheduler"
        ) from None
    client.upload_file(point.__file__)  # workers need nothing of the repository
    return client


def disconnect(client: Client) -> None:
    """End the workers, if they are this process's own."""
    if client.cluster is not None:
        client.cluster.close()
    client.close()


def run_points(
    client: Client,
    points: Sequence[Point],
    audited: Collection[int] = (),
    *,
    local: bool,
    anew: bool = False,
) -> Iterator[tuple[int, bool, Result]]:
    """Place of the point, whether it is the second run, and its result, as they end.

    Args:
        client: of the workers.
        points: all of them.
        audited: places of those that are computed twice, on another worker than the
            first if there is any.
        local: whether workers see this machine's folders.
        anew: compute, though DVC's cache may have the results.
    """
    commit = git("rev-parse", "HEAD").decode().strip()
    if local:
        source, scratch, cache = ROOT, STATE, cache_folder()
    else:
        # The result of a task, which is made again if the worker that has it dies.
        source, scratch, cache = client.submit(bytes, make_bundle()), None, None
    submit = partial(
        client.submit, compute, commit, source, scratch=scratch, cache=cache, pure=False
    )
    running: dict[Future, tuple[int, bool]] = {}
    for place, each in enumerate(points):
        future = submit(each.overrides, anew=anew, priority=-place)
        running[future] = place, False
    ending = as_completed(list(running))
    for future in ending:
        place, second = running[future]
        try:
            result = future.result()
        except KilledWorker:
            result = Result({}, {}, False, "its worker died, four times over", "")
        yield place, second, result
        if place in audited and not second and not result.message:
            (first,) = client.who_has([future])[future.key] or (None,)
            others = set(client.nthreads()) - {first}
            again = submit(
                points[place].overrides, anew=True, workers=sorted(others) or None
            )
            running[again] = place, True
            ending.add(again)


def run_study(
    client: Client, points: Sequence[Point], audit: float, *, local: bool
) -> tuple[list[Result], list[str]]:
    """Results in the order of the points, and what an audit has found."""
    audited = audit_points(points, audit)
    results: list[Result | None] = [None] * len(points)
    tally, differences = Tally(), []
    total = len(points) + len(audited)
    bar = progress_bar("points", total)
    ending = run_points(client, points, audited, local=local)
    for done, (place, again, result) in enumerate(ending, start=1):
        name = describe_place(points[place])
        if again:
            kind = "audited"
            differences += describe_difference(name, results[place], result)
        else:
            kind = "served" if result.served else "computed"
            kind = "failed" if result.message else kind
            results[place] = result
            tally = tally._replace(**{kind: getattr(tally, kind) + 1})
        running = min(total - done, sum(client.nthreads().values()))
        bar.set_postfix_str(f"{tally}, {running} running", refresh=False)
        bar.update()
        if bar.disable:
            print(f"{done}/{total} {name}: {result.message or kind}", flush=True)
    bar.close()
    print(f"{len(points)} points: {tally}")
    return results, differences


def describe_place(each: Point) -> str:
    """A point in words, short names where they tell enough."""
    return ", ".join(
        f"{name.rpartition('.')[2]} {value}" for name, value in each.place.items()
    )


def write_study(
    study: Study, points: Sequence[Point], results: Sequence[Result], path: Path
) -> None:
    """Its tables, and its figure where the runs have what that shows."""
    table = make_table(points, results)
    outputs = {table_of_runs(study, path): as_csv(table)}
    wanted = [study.summary.metric] if study.summary else []
    if study.figure:
        wanted += study.figure.metrics
        wanted += {study.figure.x}.difference(points[0].place)  # a metric, too
    missing = [metric for metric in dict.fromkeys(wanted) if metric not in table]
    if study.summary and not missing:
        outputs[path] = as_csv(summarize(study, points, table))
    if study.figure and not missing:
        outputs[path.with_suffix(".png")] = draw_study(study, table)
    write_files(outputs)
    for metric in missing:
        print(f"{metric}: no run has this metric, so there is no figure of it")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a study of many points.")
    parser.add_argument("study", nargs="+", help="its name, or parameters with values")
    parser.add_argument("--output", type=Path, help="the table, for a study by values")
    parser.add_argument(
        "--scheduler", help="address of Dask's, such as tcp://host:8786"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=max(1, (os.cpu_count() or 1) // 2),  # a training keeps two cores busy
        help="on this machine; by default one for two cores",
    )
    parser.add_argument(
        "--audit", type=float, default=0, help="the share of points to compute twice"
    )
    return parser.parse_args()


def choose(options: argparse.Namespace) -> tuple[Study, Path]:
    """The study, and where its table lies."""
    by_values = any("=" in text for text in options.study)
    if by_values and options.output is None:
        raise PipelineError("a study by values needs a table: --output my.csv")
    if by_values:
        return parse_grid(options.study), options.output
    if len(options.study) > 1:
        raise PipelineError(f"received {' '.join(options.study)}; expected one study")
    (name,) = options.study
    table = options.output or ROOT / f"results/studies/{name}.csv"
    return read_study(ROOT / f"studies/{name}.yaml"), table


def main() -> int:
    options = parse_arguments()
    if not 0 <= options.audit <= 1:
        raise PipelineError(f"--audit: received {options.audit}; allowed: 0 to 1")
    study, path = choose(options)
    points = list_points(study)
    refuse_changes()
    lock = refuse_another()
    client = connect(options.scheduler, options.workers)
    try:
        results, differences = run_study(
            client, points, options.audit, local=options.scheduler is None
        )
    finally:
        disconnect(client)
        lock.close()
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
