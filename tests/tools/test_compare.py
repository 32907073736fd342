"""Differences between two results, their standard errors, and errors of the tool."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import compare
from compare import Outcome, difference_error, ratio, seed_deviations
from conftest import ROOT

RNG = np.random.default_rng(0)
LABELS = {"dataset": np.array("MNIST"), "label": np.arange(50) % 10}
ELBO = RNG.normal(size=50)
ERRORS = {"test.elbo": 0.3, "train.elbo": 0.4}
METRICS_JSON = "workspace: results/metrics.json: damaged"
ERRORS_CSV = "workspace: results/standard_errors.csv: damaged"
METRICS = {"train.elbo": -2.0, "test.elbo": -1.0, "test.active_units": 2}
FIRST = Outcome(METRICS, ERRORS, LABELS | {"test_elbo": ELBO})


def test_standard_errors_for_the_same_images_are_paired():
    noise = RNG.normal(size=50) / 10
    second = FIRST._replace(arrays=LABELS | {"test_elbo": ELBO + noise})
    error, how = difference_error("test.elbo", FIRST, second)
    assert how == "paired"
    assert error == pytest.approx(noise.std(ddof=1) / np.sqrt(50))


@pytest.mark.parametrize(
    "changes", [{"label": np.arange(50)}, {"dataset": np.array("KMNIST")}, None]
)
def test_standard_errors_for_different_images_are_unpaired(changes):
    arrays = LABELS if changes is None else FIRST.arrays | changes
    second = FIRST._replace(arrays=arrays)
    expected = math.hypot(0.3, 0.3), "unpaired"
    assert difference_error("test.elbo", FIRST, second) == expected
    assert difference_error("test.active_units", FIRST, second) is None


def test_rows_have_differences_in_standard_errors_and_seed_deviations(tmp_path):
    path = tmp_path / "seeds.csv"
    assert seed_deviations(path) == {}
    pd.DataFrame({"test.elbo": [-1.0, -3.0], "message": ["", ""]}).to_csv(path)
    assert seed_deviations(path)["test.elbo"] == pytest.approx(2.0)
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


@pytest.mark.parametrize("name", ["no-such-commit", "HEAD^{tree}"])
def test_an_unknown_commit_gives_a_one_line_error(tool, monkeypatch, name):
    monkeypatch.chdir(ROOT)
    status, _, errors = tool(compare, name)
    assert status == 1 and errors.count("\n") == 1
    assert errors.startswith(f"error: {name}: not a commit or an experiment (")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", None, "workspace: has no results/metrics.json"),
        ("metrics.json", '{"a": [1', f"{METRICS_JSON} (Expecting"),
        ("metrics.json", '{"a": {"b": "x"}}', f"{METRICS_JSON} (must be real"),
        ("metrics.json", '{"a": {"b": NaN}}', f"{METRICS_JSON} (a.b is nan)"),
        ("metrics.json", "{}", "the two results have no metric in common"),
        ("standard_errors.csv", "", f"{ERRORS_CSV} (No columns to parse"),
        ("standard_errors.csv", "metric,a\nb,c", f"{ERRORS_CSV} (could not convert"),
        ("latents.npz", "x", "workspace: results/latents.npz: damaged (This file cont"),
        ("studies/seeds.csv", 'a,b\n"', f"{compare.SEEDS}: damaged (Error tokenizing"),
        ("latents.npz", None, ""),
    ],
)
def test_damaged_results_give_one_line(
    tool, tmp_path, monkeypatch, name, content, message
):
    monkeypatch.chdir(tmp_path)  # not a repository, like an unpacked archive
    compare.SEEDS.parent.mkdir(parents=True)
    good = {
        "metrics.json": '{"test": {"elbo": -1.5, "pseudo": false}}',
        "standard_errors.csv": "metric,train,test\nelbo,,0.5\n",
    }
    for file, text in (good | {name: content}).items():
        if text is not None:
            (tmp_path / "results" / file).write_text(text)
    status, _, errors = tool(compare, "workspace")
    expected = (1, 1) if message else (0, 0)
    assert (status, errors.count("\n")) == expected, errors
    assert errors.startswith(f"error: {message}" if message else "")
