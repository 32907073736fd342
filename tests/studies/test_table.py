"""Points that an audit computes twice, and its report of differences."""

from point import Result
from table import describe_difference, sample_indices

WEIGHTS, METRICS = "results/model.safetensors", "results/metrics.json"
GOOD = Result(hashes={WEIGHTS: "a1", METRICS: "b1"}, machine="A CPU")
OTHER = Result(hashes={WEIGHTS: "a1", METRICS: "b2"}, machine="B CPU")


def test_an_audit_is_deterministic_and_names_outputs_and_machines():
    assert sample_indices([GOOD] * 10, 3) == sample_indices([OTHER] * 10, 3)
    assert describe_difference("seed 1", GOOD, GOOD) == []
    (line,) = describe_difference("seed 1", GOOD, OTHER)
    assert line == f"seed 1: {METRICS} differ between runs on A CPU and B CPU"
    (line,) = describe_difference("seed 1", GOOD, Result(message="diverged"))
    assert line == "seed 1: the second run failed: diverged"
