"""Damage for the tests of readers: few examples, the same in every run."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# No deadline: no test depends on time.
fuzz = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # each example overwrites the same files
        HealthCheck.too_slow,
    ],
)


def mutations(content):
    """Draw `content` with bytes changed, cut out or put in, or cut short."""
    places = st.integers(0, len(content))
    edits = st.tuples(places, st.integers(0, 8), st.binary(max_size=8))

    def apply(edits):
        changed = bytearray(content)
        for place, length, new in edits:
            changed[place : place + length] = new
        return bytes(changed)

    edited = st.lists(edits, min_size=1, max_size=4).map(apply)
    return edited | places.map(lambda length: content[:length])


def flips(content):
    """Draw `content` with one bit flipped."""
    number = int.from_bytes(content)
    bits = st.integers(0, 8 * len(content) - 1)
    return bits.map(lambda bit: (number ^ 1 << bit).to_bytes(len(content)))
