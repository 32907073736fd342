"""Damaged content for tests of readers: few examples, the same in every run."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

fuzz = settings(
    max_examples=60,
    deadline=None,  # no test depends on time
    derandomize=True,
    database=None,
    # Each example overwrites the same files.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def mutations(content):
    """Draw other bytes, or `content` with changed, missing or more bytes, or a bit."""
    places = st.integers(0, len(content))
    edits = st.tuples(places, st.integers(0, 8), st.binary(max_size=8))

    def apply(edits):
        changed = bytearray(content)
        for place, length, new in edits:
            changed[place : place + length] = new
        return bytes(changed)

    def flip(bit):
        return (int.from_bytes(content) ^ 1 << bit).to_bytes(len(content))

    edited = st.lists(edits, min_size=1, max_size=4).map(apply)
    flipped = st.integers(0, 8 * len(content) - 1).map(flip)
    return st.binary(max_size=64) | edited | places.map(lambda n: content[:n]) | flipped
