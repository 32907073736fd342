"""Keys of random numbers: another key changes every result that was recorded."""

import itertools

from vae.numerics.streams import SPLITS, Purpose, stream_key

RECORDED = """
    TRAINING_PIXELS TRAINING_LATENTS VALIDATION_LATENTS EVALUATION_LATENTS
    IMPORTANCE_LATENTS AGGREGATE_LATENTS PRIOR_LATENTS INITIAL_WEIGHTS
    IMAGE_ORDER FIXED_PIXELS ANNEALING_LATENTS ANNEALING_MOMENTA
    ANNEALING_CHOICES SIMULATED_LATENTS SIMULATED_PIXELS
""".split()


def test_keys_are_those_of_the_recorded_results():
    assert [Purpose[name] for name in RECORDED] == list(range(len(RECORDED)))
    assert SPLITS == {"train": 0, "validation": 1, "test": 2}
    assert stream_key(1, Purpose.TRAINING_PIXELS, 0) == (1, 0)
    assert stream_key(3, Purpose.VALIDATION_LATENTS, 5) == (3, 82)
    assert stream_key(7, Purpose.FIXED_PIXELS, 2) == (7, 41)


def test_keys_differ_wherever_a_part_does_and_are_32_bit_integers():
    parts = list(itertools.product([1, 2], Purpose, range(20)))
    assert len({stream_key(*part) for part in parts}) == len(parts)
    assert stream_key(0, max(Purpose), 2**27 - 1)[1] < 2**31
