"""Two results: what differs, by how many standard errors, and how these are had."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import compare
from compare import Outcome, by_name, ratio, seed_spreads, standard_error
from conftest import ROOT

RNG = np.random.default_rng(0)
LABELS = {"dataset": np.array("MNIST"), "label": np.arange(50) % 10}
ELBO = RNG.normal(size=50)
ERRORS = {"test.elbo": 0.3, "train.elbo": 0.4}
METRICS = {"train.elbo": -2.0, "test.elbo": -1.0, "test.active_units": 2}
FIRST = Outcome(METRICS, ERRORS, LABELS | {"test_elbo": ELBO})


def test_values_of_the_same_images_are_paired():
    noise = RNG.normal(size=50) / 10
    second = FIRST._replace(arrays=LABELS | {"test_elbo": ELBO + noise})
    error, how = standard_error("test.elbo", FIRST, second)
    assert how == "paired"
    assert error == pytest.approx(noise.std(ddof=1) / np.sqrt(50))


@pytest.mark.parametrize(
    "changes", [{"label": np.arange(50)}, {"dataset": np.array("KMNIST")}, None]
)
def test_those_of_others_are_not(changes):
    arrays = LABELS if changes is None else FIRST.arrays | changes
    second = FIRST._replace(arrays=arrays)
    expected = math.hypot(0.3, 0.3), "unpaired"
    assert standard_error("test.elbo", FIRST, second) == expected
    assert standard_error("test.active_units", FIRST, second) is None


def test_rows_say_how_large_a_difference_is(tmp_path):
    table = pd.DataFrame({"train": [math.nan, 1.0]}, index=["a", "b"])
    assert by_name(table) == {"train.b": 1.0}
    assert by_name({"test": {"elbo": 2, "flag": True}}) == {"test.elbo": 2}
    path = tmp_path / "seeds.csv"
    assert seed_spreads(path) == {}
    pd.DataFrame({"test.elbo": [-1.0, -3.0], "message": ["", ""]}).to_csv(path)
    assert seed_spreads(path)["test.elbo"] == pytest.approx(2.0)
    second = Outcome(METRICS | {"test.elbo": 0.0, "new": 1.0}, ERRORS, {})
    table = compare.compare(FIRST, second, {"test.elbo": 0.5})
    assert list(table.index) == list(METRICS)
    row = table.loc["test.elbo"]
    assert (row["difference"], row["by"]) == (1.0, "unpaired")
    assert row["in errors"] == pytest.approx(1 / math.hypot(0.3, 0.3))
    assert row["in spreads of seeds"] == 2.0
    assert [ratio(1.0, 0.0), ratio(0.0, 0.0), ratio(-1.0, 2.0)] == [math.inf, 0, 0.5]


def test_a_commit_is_compared():
    command = [sys.executable, compare.__file__, "HEAD", "HEAD"]  # as DVC closes little
    same = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert same.returncode == 0, same.stderr
    assert "test.elbo" in same.stdout and "beyond" not in same.stdout


@pytest.mark.parametrize("name", ["no-such-commit", "HEAD^{tree}", "HEAD:README.md"])
def test_what_is_no_commit_is_one_line(tool, monkeypatch, name):
    monkeypatch.chdir(ROOT)
    message = f"error: {name}: no such commit or experiment\n"
    assert tool(compare, name) == (1, "", message)


@pytest.fixture
def unpacked(tool, tmp_path, monkeypatch):
    """Compares results in a folder that is no repository, as an archive is none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    compare.SEEDS.parent.mkdir(parents=True)

    def call(arguments, **changes):
        files = {
            "metrics.json": '{"test": {"elbo": -1.5, "pseudo": false, "nan": NaN}}',
            "standard_errors.csv": "metric,train,test\nelbo,,0.5\n",
        }
        for name, content in (files | changes).items():
            if content is not None:
                (tmp_path / "results" / name).write_text(content)
        return tool(compare, arguments)

    return call


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", None, "workspace: no metrics.json in it"),
        ("metrics.json", '{"a": [1', "workspace: damaged metrics: the file: received"),
        ("metrics.json", "[1]", "workspace: damaged metrics: the file: received "),
        ("metrics.json", '{"a": {"b": "x"}}', "workspace: damaged metrics: a.b.bool: "),
        ("metrics.json", "{}", "the two results have no metric in common"),
        ("standard_errors.csv", None, "workspace: no standard_errors.csv in it"),
        ("standard_errors.csv", "a,b\n", "workspace: damaged results: \"None of ['met"),
        ("standard_errors.csv", "", "workspace: damaged results: No columns to parse"),
        ("standard_errors.csv", "metric,a\nb,x\n", "workspace: damaged metrics: a.b."),
        ("latents.npz", "x", "workspace: damaged results: This file contains pickled"),
        ("studies/seeds.csv", 'a,b\n"', f"{compare.SEEDS}: damaged (Error tokenizing "),
    ],
)
def test_damaged_results_are_one_line(unpacked, name, content, message):
    status, printed, errors = unpacked("workspace", **{name: content})
    assert (status, printed) == (1, "")
    assert errors.startswith(f"error: {message}") and errors.count("\n") == 1


def test_an_archive_has_results_but_no_commits(unpacked):
    assert unpacked("workspace")[0] == 0
    status, _, errors = unpacked("HEAD")
    assert status == 1 and errors.startswith("error: HEAD: ")
    assert "not a git repository" in errors and errors.count("\n") == 1
