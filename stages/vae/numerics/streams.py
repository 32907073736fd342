"""Streams of random numbers.

A draw is a function of (seed, purpose, index) alone. Therefore a run that continues at
epoch 17 draws the same numbers as an uninterrupted one.
"""

from enum import IntEnum, unique
from typing import Any

import numpy as np

NUM_STREAMS = 16  # all in use; another value changes every draw


@unique
class Purpose(IntEnum):
    """The purpose of a draw; comments say what its index counts."""

    TRAINING_PIXELS = 0  # step since the start of training
    TRAINING_LATENTS = 1  # step since the start of training
    VALIDATION_LATENTS = 2  # epoch
    EVALUATION_LATENTS = 3  # split; after these, step of a search and then image
    IMPORTANCE_LATENTS = 4  # image
    AGGREGATE_LATENTS = 5  # 0; from 1, the metrics of disentanglement
    PRIOR_LATENTS = 6  # 0, of a figure; 1, of the search; 2, of a flow
    INITIAL_WEIGHTS = 7  # 0, of the networks; 1, of a flow
    IMAGE_ORDER = 8  # epoch
    FIXED_PIXELS = 9  # split
    ANNEALING_LATENTS = 10  # image and direction
    ANNEALING_MOMENTA = 11  # image and direction
    ANNEALING_CHOICES = 12  # image and direction
    SIMULATED_LATENTS = 13
    SIMULATED_PIXELS = 14
    TEST_IMAGES = 15


# The index of the draws that depend on the split.
SPLITS = {"train": 0, "validation": 1, "test": 2}
assert max(Purpose) < NUM_STREAMS


def stream_key(seed: int, purpose: Purpose, index: Any) -> tuple[int, Any]:
    """Return two integers that are unique to seed, purpose and index.

    The index, an int or a tensor below 2^27, distinguishes the draws for a purpose.
    """
    return seed, index * NUM_STREAMS + int(purpose)


def seed_sequence(
    seed: int, purpose: Purpose, index: int = 0
) -> np.random.SeedSequence:
    """Return the seed of a NumPy generator for the same arguments."""
    return np.random.SeedSequence(stream_key(seed, purpose, index))
