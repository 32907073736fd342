"""Dask's workers, on this machine or on others, and the points that they run."""

import sys
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from distributed import Client, Future, KilledWorker, as_completed

from checkout import ROOT, STATE, call, make_bundle
from point import Result, compute
from specification import Point
from vae.pipeline.errors import PipelineError

PATIENCE = 10  # seconds to wait for a scheduler
# What workers elsewhere need; the second imports the first.
MODULES = (ROOT / "checks/clones.py", ROOT / "studies/point.py")


def connect(scheduler: str | None, num_workers: int = 1) -> Client:
    """Connect to a scheduler, or to new workers here, which end with the client."""
    if scheduler is None:
        return Client(
            n_workers=num_workers,
            threads_per_worker=1,
            memory_limit=None,  # of this process alone, which the stages are not
            dashboard_address=":0",  # any port that is free
            local_directory=str(STATE / "dask"),
            silence_logs="CRITICAL",
        )
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

    Points start in order, and end in any. Those whose index is in `audited` run twice,
    on different workers if there are any. With `anew`, what the cache has is computed.
    """
    if client.cluster is None:  # workers elsewhere see no folder of this machine
        # The result of a task, which is made again if the worker that has it dies.
        source, scratch, cache = client.submit(bytes, make_bundle()), None, None
    else:
        cache = Path(call(sys.executable, "-m", "dvc", "cache", "dir"))
        source, scratch = ROOT, STATE
    run = partial(compute, scratch=scratch, cache=cache)
    commit = call("git", "rev-parse", "HEAD")
    submit = partial(client.submit, run, commit, source, pure=False)
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
