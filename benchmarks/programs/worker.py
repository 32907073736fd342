"""A program of the comparison as a process that trains an epoch when it is told to.

It prints a line once everything is imported, and one after a first epoch, which
compiles what is to be compiled. Then it reads lines, and for each trains one epoch and
prints its seconds and its mean loss as JSON. By hand, for three epochs:

    yes | head -3 | PYTHONPATH=benchmarks:stages PYTHON -m programs.NAME CONFIGURATION
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from programs.configurations import CONFIGURATIONS, Configuration

# Trains one epoch and returns its mean loss, in nats per image.
Epoch = Callable[[], float]


def timed(run_epoch: Epoch) -> dict[str, float]:
    """Seconds and loss of an epoch."""
    start = time.perf_counter()
    loss = run_epoch()
    return {"seconds": time.perf_counter() - start, "loss": loss}


def serve(
    make: Callable[[Configuration, np.ndarray], Epoch],
    measure: Callable[[Epoch], dict[str, float]] = timed,
) -> None:
    """Answer until the input ends; `make` takes a configuration and its images."""
    say(imported=True)
    configuration = CONFIGURATIONS[sys.argv[1]]
    with np.load("data/images.npz") as arrays:
        images = arrays["train_grey"][: configuration.num_images]
    run_epoch = make(configuration, images.reshape(len(images), -1))
    run_epoch()
    say(ready=True)
    for _ in sys.stdin:
        say(**measure(run_epoch))


def say(**answer: float) -> None:
    """Print a line that the other side can wait for."""
    print(json.dumps(answer), flush=True)
