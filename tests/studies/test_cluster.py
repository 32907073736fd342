"""Real workers and schedulers in this process; their failures do not stop a study."""

import threading

import dask
import pytest
from distributed import LocalCluster

import cluster
from cluster import connected, run_points
from grid import Point
from point import Result
from vae.pipeline.errors import PipelineError

SCHEDULER_IS_GONE = threading.Event()


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path):
    """Replace what workers use of the repository."""
    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    monkeypatch.setattr(cluster, "MODULES", ())
    monkeypatch.setattr(cluster, "STATE", tmp_path)
    monkeypatch.setattr(cluster, "make_bundle", bytes)
    monkeypatch.setattr(cluster, "call_for_line", lambda *command: "printed")
    monkeypatch.setattr(cluster, "compute", compute)
    timeouts = dask.config.get("distributed.comm.timeouts")
    monkeypatch.setitem(timeouts, "connect", "1s")  # to a scheduler that is gone


def start(num_workers):
    """Start a scheduler with workers as threads."""
    return LocalCluster(
        n_workers=num_workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
    )


def compute(commit, source, overrides, **options):
    """Replace a run: seed 2 raises MemoryError, and seed 3 waits."""
    if overrides["train.seed"] == 2:
        raise MemoryError("no\nmemory")
    if overrides["train.seed"] == 3:
        assert SCHEDULER_IS_GONE.wait(60)
    return Result(metrics={"test.elbo": -1.0})


def test_local_workers_are_unreachable_from_outside_and_live_on_after_a_sleep():
    with connected(None, num_workers=2) as client:
        assert client.scheduler.address.startswith("inproc://")
        servers = [client.cluster.scheduler, *client.cluster.workers.values()]
        assert [s.http_server.address for s in servers] == ["127.0.0.1"] * 3
        assert client.cluster.scheduler.worker_ttl is None


def test_a_scheduler_without_answer_or_worker_gives_a_one_line_error():
    message = "^tcp://127.0.0.1:1: no scheduler answers .*; start one with: dask sched"
    with pytest.raises(PipelineError, match=message), connected("tcp://127.0.0.1:1"):
        pass
    with start(0) as workers:
        message = "this scheduler has no worker; start one with: dask worker tcp"
        address = workers.scheduler_address
        with pytest.raises(PipelineError, match=message), connected(address):
            pass


def test_a_failing_worker_and_a_dead_scheduler_give_messages():
    points = [Point({}, {"train.seed": seed}) for seed in (1, 2, 3, 4)]
    results = {}
    with start(1) as workers, connected(workers.scheduler_address) as client:
        for index, result in run_points(client, points):
            results[index] = result
            if index == 1:
                workers.sync(workers.scheduler.close)
        SCHEDULER_IS_GONE.set()
    assert results[0].metrics == {"test.elbo": -1.0}
    assert results[1].message == "MemoryError: no memory"
    for index in (2, 3):
        assert results[index].message.startswith("the scheduler is gone; run")
