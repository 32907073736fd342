"""Differences between two results, their standard errors, and errors of the tool."""

import math
import subprocess
import sys

import numpy as np
import pytest

import compare
from compare import Outcome, difference_error, ratio
from conftest import ROOT

RNG = np.random.default_rng(0)
LABELS = {"dataset": np.array("MNIST"), "label": np.arange(50) % 10}
ERRORS = {"test.elbo": 0.3, "train.elbo": 0.4}
METRICS = {"train.elbo": -2.0, "test.elbo": -1.0, "test.active_units": 2}
ARRAYS = LABELS | {"test_elbo": RNG.normal(size=50)}
FIRST = Outcome(METRICS, ERRORS, ARRAYS)


def test_standard_errors_are_paired_for_the_same_images_alone():
    noise = RNG.normal(size=50) / 10
    same = ARRAYS | {"test_elbo": ARRAYS["test_elbo"] + noise}
    error, how = difference_error("test.elbo", FIRST, FIRST._replace(arrays=same))
    assert how == "paired"
    assert error == pytest.approx(noise.std(ddof=1) / np.sqrt(50))
    for arrays in (same | {"label": np.arange(50)}, {}):
        second = FIRST._replace(arrays=arrays)
        expected = math.hypot(0.3, 0.3), "unpaired"
        assert difference_error("test.elbo", FIRST, second) == expected
        assert difference_error("test.active_units", FIRST, second) is None


def test_rows_have_differences_in_standard_errors_and_seed_deviations():
    second = Outcome(METRICS | {"test.elbo": 0.0, "new": 1.0}, ERRORS, {})
    table = compare.compare(FIRST, second, {"test.elbo": 0.5})
    assert list(table.index) == list(METRICS)
    row = table.loc["test.elbo"]
    assert (row["difference"], row["by"]) == (1.0, "unpaired")
    assert row["in standard errors"] == pytest.approx(1 / math.hypot(0.3, 0.3))
    assert row["in seed deviations"] == 2.0
    assert [ratio(1.0, 0.0), ratio(0.0, 0.0), ratio(-1.0, 2.0)] == [math.inf, 0, 0.5]


def test_a_commit_does_not_differ_from_itself():
    command = [sys.executable, compare.__file__, "HEAD", "HEAD"]  # DVC leaks files
    same = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert same.returncode == 0, same.stderr
    assert "test.elbo" in same.stdout and "over 3" not in same.stdout


@pytest.mark.parametrize("name", ["no-such-commit", "HEAD:params.yaml"])
def test_an_unknown_commit_gives_a_one_line_error(tool, monkeypatch, name):
    monkeypatch.chdir(ROOT)
    expected = f"error: {name}: not a commit or an experiment\n"
    assert tool(compare, name) == (1, "", expected)


def test_a_folder_without_results_gives_a_one_line_error(tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # not a repository, like an unpacked archive
    status, _, errors = tool(compare, "workspace")
    assert status == 1 and errors.count("\n") == 1
    assert errors.startswith("error: workspace: has no results/metrics.json")
