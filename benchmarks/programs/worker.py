"""A program of the comparison, as a process that trains one epoch per request.

Its two arguments are JSON objects: the configuration and further options. It prints a
line after the first epoch, which compiles. For each `epoch` that it reads, it trains an
epoch and prints its seconds and mean loss; for `validate`, the validation ELBO.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

NUM_PIXELS = 784
LEARNING_RATE = 1e-3  # constant, for Adam in every program


@dataclass(frozen=True)
class Configuration:
    """The sizes of a dense VAE and of its training."""

    hidden_units: Sequence[int]  # of the encoder, reversed in the decoder
    latent_dim: int
    activation: str  # of the hidden layers
    batch_size: int
    dynamic: bool  # whether to draw binary pixels per step, or to use gray pixels
    num_images: int  # training images per epoch

    @property
    def num_steps(self) -> int:
        """Steps per epoch, without a last, incomplete batch."""
        return self.num_images // self.batch_size

    @property
    def encoder_widths(self) -> list[int]:
        """Widths of input, hidden layers and output, which is loc and scale."""
        return [NUM_PIXELS, *self.hidden_units, 2 * self.latent_dim]

    @property
    def decoder_widths(self) -> list[int]:
        """Widths of input, hidden layers and output."""
        return [self.latent_dim, *reversed(self.hidden_units), NUM_PIXELS]


def serve(make: Callable) -> None:
    """Answer requests to a program.

    Args:
        make: takes a configuration, the training images and options. Returns a function
            that trains an epoch and returns its mean loss, and a function of uint8
            images that returns their mean negative ELBO, both in nats per image.
    """
    fields, options = map(json.loads, sys.argv[1:])
    configuration = Configuration(**fields)
    with np.load("data/images.npz") as arrays:
        images = arrays["train_gray"].reshape(-1, NUM_PIXELS)
        images = images[: configuration.num_images]
        run_epoch, negative_elbo = make(configuration, images, **options)
        send(loss=run_epoch())
        for line in sys.stdin:
            if line.strip() == "validate":
                images = arrays["validation_images"].reshape(-1, NUM_PIXELS)
                send(elbo=-negative_elbo(images))
            else:
                start = time.perf_counter()
                loss = run_epoch()
                send(seconds=time.perf_counter() - start, loss=loss)


def send(**answer: float) -> None:
    """Print an answer as a line of JSON."""
    print(json.dumps(answer), flush=True)
