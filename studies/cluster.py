"""Dask workers, on this machine or others, and the points that they run."""

import logging
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dask
from distributed import Client, Future, KilledWorker, as_completed

from checkout import ROOT, STATE, call_for_line, make_bundle
from grid import Point
from point import Result, compute
from vae.pipeline.errors import PipelineError, one_line

TIMEOUT = 10  # seconds to wait for a scheduler, and for its first worker
# Modules for workers on other machines; the second imports the first.
MODULES = (ROOT / "checks/clones.py", ROOT / "studies/point.py")


@contextmanager
def connected(scheduler: str | None, num_workers: int = 1) -> Iterator[Client]:
    """Yield a client of a scheduler or of new workers in this process."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # rows have messages
    local = scheduler is None
    client = start_workers(num_workers) if local else find_workers(scheduler)
    yield client
    client.close()  # not after an error, when this could wait for running points


def start_workers(num_workers: int) -> Client:
    """Start workers as threads of this process, unreachable from outside."""
    loopback = "127.0.0.1:0"  # Dask does not start without its status pages
    # Otherwise a machine that sleeps for five minutes would lose its workers.
    dask.config.set({"distributed.scheduler.worker-ttl": None})
    return Client(
        protocol="inproc://",
        processes=False,
        n_workers=num_workers,
        threads_per_worker=1,
        memory_limit=None,  # it would not include the stages, which are processes
        dashboard_address=loopback,
        worker_dashboard_address=loopback,
        local_directory=str(STATE / "dask"),
    )


def find_workers(scheduler: str) -> Client:
    """Connect to a scheduler that has workers, and upload modules to them."""
    try:
        client = Client(scheduler, timeout=TIMEOUT)
    except Exception as error:  # noqa: BLE001  depends on the server
        raise PipelineError(
            f"{scheduler}: no scheduler answers ({one_line(error)}); "
            "start one with: dask scheduler"
        ) from None
    try:
        client.wait_for_workers(1, timeout=TIMEOUT)
    except TimeoutError:
        raise PipelineError(
            f"{scheduler}: this scheduler has no worker; start one with: "
            f"dask worker {scheduler} --nthreads 1"
        ) from None
    for module in MODULES:
        client.upload_file(str(module))
    return client


def run_points(
    client: Client, points: Sequence[Point], *, anew: bool = False
) -> Iterator[tuple[int, Result]]:
    """Yield the index and the result of each point.

    Points start in order and end in any order. With `anew`, cached points are computed
    again.
    """
    if client.cluster is None:  # other machines cannot read the folders of this one
        # As the result of a task, the bundle survives the death of a worker.
        source, scratch, cache = client.submit(bytes, make_bundle()), None, None
    else:
        cache = Path(call_for_line(sys.executable, "-m", "dvc", "cache", "dir"))
        source, scratch = ROOT, STATE
    run = partial(compute, scratch=scratch, cache=cache)
    commit = call_for_line("git", "rev-parse", "HEAD")
    submit = partial(client.submit, run, commit, source, pure=False, anew=anew)
    running = {
        submit(point.overrides, priority=-index): index
        for index, point in enumerate(points)
    }
    for future in as_completed(list(running)):
        yield running[future], point_result(future)


def point_result(future: Future) -> Result:
    """Return the result of a point; if it has none, the result has a message."""
    try:
        return future.result()
    except KilledWorker:
        return Result(message="its worker died four times")
    except CancelledError:
        return Result(message="the scheduler is gone; run the same command to continue")
    except Exception as error:  # noqa: BLE001  any failure of a worker
        return Result(message=f"{type(error).__name__}: {one_line(error)}")
