"""Two results: what differs, by how many standard errors, and how these are had."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import compare
from compare import Outcome, ratio, same_images, seeds_spread, standard_error

RNG = np.random.default_rng(0)
LABELS = {"dataset": np.array("MNIST"), "label": np.arange(50) % 10}
ELBO = RNG.normal(size=50)
ERRORS = {"test.elbo": 0.3, "train.elbo": 0.4}
METRICS = {"train.elbo": -2.0, "test.elbo": -1.0, "test.active_units": 2}
UNPAIRED = math.hypot(0.3, 0.3), "unpaired"
FIRST = Outcome(METRICS, ERRORS, LABELS | {"test_elbo": ELBO})


def test_values_of_the_same_images_are_paired():
    noise = RNG.normal(size=50) / 10
    second = FIRST._replace(arrays=LABELS | {"test_elbo": ELBO + noise})
    error, how = standard_error("test.elbo", FIRST, second)
    assert how == "paired"
    assert error == pytest.approx(noise.std(ddof=1) / np.sqrt(50))


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        LABELS | {"test_elbo": ELBO, "label": np.arange(50)},
        LABELS | {"test_elbo": ELBO, "dataset": np.array("KMNIST")},
        LABELS,
    ],
)
def test_those_of_others_are_not(arrays):
    second = FIRST._replace(arrays=arrays)
    assert standard_error("test.elbo", FIRST, second) == (
        math.hypot(0.3, 0.3),
        "unpaired",
    )
    assert same_images(FIRST, second) == (arrays is LABELS)


def test_means_without_values_by_image_are_not_paired():
    assert standard_error("train.elbo", FIRST, FIRST) == (
        math.hypot(0.4, 0.4),
        "unpaired",
    )
    assert standard_error("test.active_units", FIRST, FIRST) is None


def test_rows_say_how_large_a_difference_is():
    second = Outcome(METRICS | {"test.elbo": 0.0, "new": 1.0, "a": True}, ERRORS, {})
    table = compare.compare(FIRST, second, {"test.elbo": 0.5})
    assert list(table.index) == list(METRICS)
    row = table.loc["test.elbo"]
    assert (row["difference"], row["by"]) == (1.0, "unpaired")
    assert row["in errors"] == pytest.approx(1 / math.hypot(0.3, 0.3))
    assert row["in spreads of seeds"] == 2.0


def test_a_difference_beyond_no_error_is_infinite():
    assert [ratio(1.0, 0.0), ratio(0.0, 0.0), ratio(-1.0, 2.0)] == [math.inf, 0, 0.5]


def test_two_seeds_spread_by_more_than_one(tmp_path):
    assert seeds_spread(tmp_path, "test.elbo") is None
    folder = tmp_path / "results/studies"
    folder.mkdir(parents=True)
    pd.DataFrame({"test.elbo": [-1.0, -3.0]}).to_csv(folder / "seeds.csv", index=False)
    assert seeds_spread(tmp_path, "test.elbo") == pytest.approx(2.0)
    assert seeds_spread(tmp_path, "test.rate") is None


def test_a_commit_is_compared_with_the_files_and_an_unknown_one_is_one_line():
    def run(*arguments):
        return subprocess.run(
            [sys.executable, compare.__file__, *arguments],
            cwd=compare.Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )

    same = run("HEAD", "HEAD")
    assert same.returncode == 0, same.stderr
    assert "test.elbo" in same.stdout and "beyond" not in same.stdout
    unknown = run("no-such-commit")
    assert unknown.returncode == 1
    assert unknown.stderr == "error: no-such-commit: no such commit or experiment\n"
