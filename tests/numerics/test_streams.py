"""Keys of random numbers: another key changes every result that was recorded."""

import itertools

import numpy as np
import pytest

from vae.numerics.streams import SPLITS, Purpose, seed_sequence, stream_key

RECORDED = """
    TRAINING_PIXELS TRAINING_LATENTS VALIDATION_LATENTS EVALUATION_LATENTS
    IMPORTANCE_LATENTS AGGREGATE_LATENTS PRIOR_LATENTS INITIAL_WEIGHTS
    IMAGE_ORDER FIXED_PIXELS ANNEALING_LATENTS ANNEALING_MOMENTA
    ANNEALING_CHOICES SIMULATED_LATENTS SIMULATED_PIXELS
""".split()


def test_keys_are_those_of_the_recorded_results():
    assert [Purpose[name] for name in RECORDED] == list(range(len(RECORDED)))
    assert {"train": 0, "validation": 1, "test": 2} == SPLITS
    assert stream_key(1, Purpose.TRAINING_PIXELS, 0) == (1, 0)
    assert stream_key(3, Purpose.VALIDATION_LATENTS, 5) == (3, 82)
    assert stream_key(7, Purpose.FIXED_PIXELS, 2) == (7, 41)


def test_keys_differ_wherever_a_part_of_them_does():
    parts = list(itertools.product([1, 2], Purpose, range(20)))
    assert len({stream_key(*part) for part in parts}) == len(parts)


def test_the_highest_key_is_a_32_bit_integer():
    assert stream_key(0, max(Purpose), 2**27 - 1)[1] < 2**31


@pytest.mark.parametrize("index", [0, 3])
def test_generators_start_from_the_same_key(index):
    received = seed_sequence(5, Purpose.IMAGE_ORDER, index).generate_state(4)
    expected = np.random.SeedSequence([5, 16 * index + 8]).generate_state(4)
    np.testing.assert_array_equal(received, expected)
