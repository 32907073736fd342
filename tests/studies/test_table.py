"""Which points an audit computes twice, and what it says of them."""

from point import Result
from table import describe_difference, sample_points

WEIGHTS, METRICS = "results/model.safetensors", "results/metrics.json"
GOOD = Result(hashes={WEIGHTS: "a1", METRICS: "b1"}, machine="A CPU")
OTHER = Result(hashes={WEIGHTS: "a1", METRICS: "b2"}, machine="B CPU")


def test_an_audit_is_the_same_each_time_and_names_outputs_and_machines():
    assert sample_points([GOOD] * 10, 3) == sample_points([OTHER] * 10, 3)
    assert describe_difference("seed 1", GOOD, GOOD) == []
    (line,) = describe_difference("seed 1", GOOD, OTHER)
    assert line == f"seed 1: {METRICS} came out different, on A CPU and B CPU"
    (line,) = describe_difference("seed 1", GOOD, Result(message="diverged"))
    assert line == "seed 1: the second run failed: diverged"
