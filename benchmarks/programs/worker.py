"""A program of the comparison, as a process that trains an epoch when it is told to.

Its two arguments are JSON objects: the configuration, and further options. It prints a
line after a first epoch, which compiles. Then for each line that it reads it trains an
epoch and prints seconds and mean loss, or for `validate` the ELBO of those images.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NUM_PIXELS = 784
NUM_SAMPLES = 5000  # per image, of the bound on log p(x)
LEARNING_RATE = 1e-3  # of Adam, constant, in every program


@dataclass(frozen=True)
class Configuration:
    """A dense VAE and how it is trained."""

    hidden_units: Sequence[int]  # of the encoder, reversed in the decoder
    latent_dim: int
    activation: str  # of the hidden layers
    batch_size: int
    dynamic: bool  # draw binary pixels anew at each step, or take grey ones
    num_images: int  # on which every program trains, once per epoch

    @property
    def num_steps(self) -> int:
        """Steps of an epoch, which leaves out a last, incomplete batch."""
        return self.num_images // self.batch_size

    @property
    def encoder_widths(self) -> list[int]:
        """Pixels, hidden units and outputs; both heads are one layer."""
        return [NUM_PIXELS, *self.hidden_units, 2 * self.latent_dim]

    @property
    def decoder_widths(self) -> list[int]:
        """Latent dimensions, hidden units and pixels."""
        return [self.latent_dim, *reversed(self.hidden_units), NUM_PIXELS]


class Program(NamedTuple):
    """What a process does when it is told to."""

    epoch: Callable[[], float | None]  # returns its mean loss, in nats per image
    negative_elbo: Callable[[np.ndarray], float] | None = None  # mean over uint8 images
    overhead: Callable[[], float] = float  # its time is taken off that of an epoch


def serve(make: Callable[..., Program]) -> None:
    """Answer until the input ends; `make` takes a configuration, images and options."""
    fields, options = map(json.loads, sys.argv[1:])
    configuration = Configuration(**fields)
    with np.load("data/images.npz") as arrays:
        shape = [configuration.num_images, NUM_PIXELS]
        images = np.resize(arrays["train_grey"], shape)  # the same ones again, if short
        program = make(configuration, images, **options)
        say(loss=program.epoch())
        for line in sys.stdin:
            if line.strip() == "validate":
                validation_images = arrays["validation_images"].reshape(-1, NUM_PIXELS)
                say(elbo=-program.negative_elbo(validation_images))
                continue
            start = time.perf_counter()
            loss = program.epoch()
            middle = time.perf_counter()
            program.overhead()
            say(seconds=2 * middle - start - time.perf_counter(), loss=loss)


def say(**answer: float | None) -> None:
    """Print a line that the other side can wait for."""
    print(json.dumps(answer), flush=True)
