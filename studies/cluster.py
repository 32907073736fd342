"""Dask's workers, on this machine or on others, and the points that they run."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from checkout import ROOT, STATE, cache_folder, current_commit, make_bundle
from point import Result, compute
from specification import Point
from vae.pipeline.errors import PipelineError

PATIENCE = 10  # seconds to wait for a scheduler
# What workers elsewhere need; the second imports the first.
MODULES = (ROOT / "checks/clones.py", ROOT / "studies/point.py")


@contextmanager
def connect(scheduler: str | None, num_workers: int = 1) -> Iterator[Client]:
    """Connect to a scheduler, or to new workers here, which end with the block."""
    client = reach(scheduler) if scheduler else start_workers(num_workers)
    try:
        yield client
    finally:
        if client.cluster is not None:
            client.cluster.close()
        client.close()


def start_workers(num_workers: int) -> Client:
    """Start Dask on this machine, a process per worker."""
    cluster = LocalCluster(
        n_workers=num_workers,
        threads_per_worker=1,
        memory_limit=None,  # of this process alone, which the stages are not
        dashboard_address=":0",  # any port that is free
        local_directory=str(STATE / "dask"),
        silence_logs="CRITICAL",
    )
    return Client(cluster)


def reach(scheduler: str) -> Client:
    """Connect to a scheduler, and give its workers the code of a run."""
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"{scheduler}: no scheduler answers ({error}); "
            "start one with: dask scheduler"
        ) from None
    for module in MODULES:
        client.upload_file(str(module))
    return client


def run_points(
    client: Client,
    points: Sequence[Point],
    *,
    audited: Collection[int] = (),
    anew: bool = False,
) -> Iterator[tuple[int, bool, Result]]:
    """Yield a point's index, whether this is its second run, and the result.

    Args:
        client: of the workers.
        points: in the order in which they start; they end in any.
        audited: indices of those that run twice, on different workers if there are any.
        anew: compute, though DVC's cache may have the results.
    """
    if client.cluster is None:  # workers elsewhere see no folder of this machine
        # The result of a task, which is made again if the worker that has it dies.
        source, scratch, cache = client.submit(bytes, make_bundle()), None, None
    else:
        source, scratch, cache = ROOT, STATE, cache_folder()
    run = partial(compute, scratch=scratch, cache=cache)
    submit = partial(client.submit, run, current_commit(), source, pure=False)
    running: dict[Future, tuple[int, bool]] = {}
    for index, point in enumerate(points):
        future = submit(point.overrides, anew=anew, priority=-index)
        running[future] = index, False
    ending = as_completed(list(running))
    for future in ending:
        index, second = running[future]
        try:
            result = future.result()
        except KilledWorker:
            result = Result(message="its worker died, four times over")
        yield index, second, result
        if index in audited and not second and not result.message:
            (first,) = client.who_has([future])[future.key] or (None,)
            others = sorted(set(client.nthreads()) - {first}) or None
            again = submit(points[index].overrides, anew=True, workers=others)
            running[again] = index, True
            ending.add(again)
