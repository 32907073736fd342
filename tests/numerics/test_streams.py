"""Keys of random numbers: another key changes every result that was recorded."""

import itertools

import numpy as np
import pytest

from vae.numerics.streams import NUM_STREAMS, SPLITS, Purpose, seed_sequence, stream_key


def test_all_purposes_have_a_stream():
    assert [purpose.value for purpose in Purpose] == list(range(len(Purpose)))
    assert len(Purpose) <= NUM_STREAMS == 16


def test_keys_are_those_of_the_recorded_results():
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "TRAINING_PIXELS": 0,
        "TRAINING_LATENTS": 1,
        "VALIDATION_LATENTS": 2,
        "EVALUATION_LATENTS": 3,
        "IMPORTANCE_LATENTS": 4,
        "AGGREGATE_LATENTS": 5,
        "PRIOR_LATENTS": 6,
        "INITIAL_WEIGHTS": 7,
        "IMAGE_ORDER": 8,
        "FIXED_PIXELS": 9,
        "ANNEALING_LATENTS": 10,
        "ANNEALING_MOMENTA": 11,
        "ANNEALING_CHOICES": 12,
        "SIMULATED_LATENTS": 13,
        "SIMULATED_PIXELS": 14,
    }
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
    received = seed_sequence(5, Purpose.IMAGE_ORDER, index)
    expected = np.random.SeedSequence([5, 16 * index + 8])
    np.testing.assert_array_equal(
        received.generate_state(4), expected.generate_state(4)
    )
