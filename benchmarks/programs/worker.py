"""A program of the comparison as a process that trains an epoch when it is told to.

It prints a line once everything is imported, and one after a first epoch, which
compiles what is to be compiled. Then it reads lines, and for each trains one epoch and
prints its seconds and its mean loss as JSON; for a line `validate` it prints the ELBO
of the validation images. By hand, for three epochs:

    yes epoch | head -3 |
        PYTHONPATH=benchmarks:stages PYTHON -m programs.NAME CONFIGURATION
"""

import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from programs.configurations import CONFIGURATIONS, Configuration

# Trains one epoch and returns its mean loss, in nats per image.
Epoch = Callable[[], float]


class Program(NamedTuple):
    """What a process does when it is told to.

    Attributes:
        epoch: trains one.
        negative_elbo: of uint8 images [images, pixels], a mean in nats; if it trains.
    """

    epoch: Epoch
    negative_elbo: Callable[[np.ndarray], float] | None = None


def timed(run_epoch: Epoch) -> dict[str, float]:
    """Seconds and loss of an epoch."""
    start = time.perf_counter()
    loss = run_epoch()
    return {"seconds": time.perf_counter() - start, "loss": loss}


def serve(
    make: Callable[[Configuration, np.ndarray], Program],
    measure: Callable[[Epoch], dict[str, float]] = timed,
) -> None:
    """Answer until the input ends; `make` takes a configuration and its images."""
    say(imported=True)
    configuration = CONFIGURATIONS[sys.argv[1]]
    with np.load("data/images.npz") as arrays:
        images, validation_images = (
            arrays[name].reshape(len(arrays[name]), -1)
            for name in ("train_grey", "validation_images")
        )
    program = make(configuration, images[: configuration.num_images])
    program.epoch()
    say(ready=True)
    for line in sys.stdin:
        if line.strip() == "validate":
            say(elbo=-program.negative_elbo(validation_images))
        else:
            say(**measure(program.epoch))


def say(**answer: float) -> None:
    """Print a line that the other side can wait for."""
    print(json.dumps(answer), flush=True)
