"""The command line of `run.py`."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from checkout import PipelineError

MAX_WORKERS = 1000


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a study of many points.")
    add = parser.add_argument
    add("study", nargs="*", help="its name, or parameters with values")
    add("--output", type=Path, help="the table, for a study by values")
    add("--scheduler", help="address of Dask's, such as tcp://host:8786")
    add("--workers", type=int, help="here; by default one for two cores")
    add("--audit", type=float, default=0, help="the share of points to compute twice")
    add("--verify", action="store_true", help="compare with the tables, by default all")
    add("--only", nargs="+", default=[], help="rows to verify, such as train.seed=1")
    add("--cached", action="store_true", help="verify what DVC's cache has")
    options = parser.parse_args(arguments)
    check_options(options)
    if options.workers is None:
        options.workers = max(1, (os.cpu_count() or 1) // 2)  # two cores for a training
    return options


def check_options(options: argparse.Namespace) -> None:
    """Raise PipelineError for a number out of range, or an option without effect."""
    if not 0 <= options.audit <= 1:
        raise PipelineError(f"--audit: received {options.audit}; allowed: 0 to 1")
    if options.workers is not None:
        if options.scheduler is not None:
            raise PipelineError(
                "--workers: received with --scheduler, which has its own"
            )
        if not 1 <= options.workers <= MAX_WORKERS:
            received = f"received {options.workers}"
            raise PipelineError(f"--workers: {received}; allowed: 1 to {MAX_WORKERS}")
    runs, verifies = ("output", "audit"), ("only", "cached")
    for name in runs if options.verify else verifies:
        if getattr(options, name):
            how = "with" if options.verify else "without"
            raise PipelineError(f"--{name}: received {how} --verify; leave it out")
