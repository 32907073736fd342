"""Options that have no meaning, and a table that no figure and no mistake can cost."""

import runpy
import sys

import pandas as pd
import pytest

import commands
from commands import choose_study, verify, write_study
from conftest import ROOT
from grid import Point
from options import parse_arguments
from point import Result
from specification import Figure, Study
from vae.pipeline.errors import PipelineError


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Tables lie in a folder of their own; nothing is asked about the commit."""
    monkeypatch.setattr(commands, "TABLES", tmp_path)
    monkeypatch.setattr(commands, "refuse_changes", lambda: None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("seeds --audit 2", "--audit: received 2.0; allowed: 0 to 1"),
        ("seeds --audit nan", "--audit: received nan; allowed: 0 to 1"),
        ("seeds --workers 0", "--workers: received 0; allowed: 1 to 1000"),
        ("seeds --workers 2 --scheduler a", "--workers: received with --scheduler"),
        ("seeds --only train.seed=1", "--only: received without --verify"),
        ("seeds --cached", "--cached: received without --verify"),
        ("--verify --audit 0.5", "--audit: received with --verify"),
        ("--verify", "no table of a study; make it: python studies/run.py data"),
        ("--verify seeds", "seeds.csv: no such table; make it: python studies/run.p"),
        ("", "received none; expected one study of: data, "),
        ("seeds origin", "received seeds origin; expected one study of: data, "),
        ("train.seed=1", "a study by values needs a table: --output my.csv"),
        ("train.seed=1 --output a.png", "--output: received a.png; expected a name"),
        ("seeds --output .", "--output: received .; expected a name that ends with"),
    ],
)
def test_what_cannot_be_met_is_one_line(arguments, message):
    with pytest.raises(PipelineError) as error:
        options = parse_arguments(arguments.split())
        verify(options) if options.verify else choose_study(options)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_ctrl_c_before_anything_runs_is_one_line(monkeypatch):
    class Interrupted:
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "commands", Interrupted())
    monkeypatch.setattr(sys, "argv", ["run.py", "seeds"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # is set back after the test
    with pytest.raises(SystemExit, match="^interrupted; the same command goes on"):
        runpy.run_path(str(ROOT / "studies/run.py"), run_name="__main__")


@pytest.mark.parametrize(
    ("content", "problem"), [(b"a\n", "has 0 rows, expected 10"), (b"\xff", "damaged")]
)
def test_a_table_to_verify_has_a_row_for_each_point(tmp_path, content, problem):
    (tmp_path / "seeds.csv").write_bytes(content)
    with pytest.raises(PipelineError, match=f"seeds.csv: {problem}.*; make it: python"):
        verify(parse_arguments(["--verify", "seeds"]))


@pytest.mark.parametrize(
    ("metric", "printed"),
    [
        ("test.elbo", "no figure: RuntimeError: no way"),
        ("test.elbow", "test.elbow: no run has this metric, so there is no figure"),
    ],
)
def test_no_figure_costs_a_table(tmp_path, monkeypatch, capsys, metric, printed):
    def draw(study, table):
        raise RuntimeError("no\nway")

    monkeypatch.setattr(commands, "draw_study", draw)
    figure = Figure(x="train.seed", metrics=[metric])
    study = Study(question="?", grid={"train.seed": [1]}, figure=figure)
    results, path = [Result({"test.elbo": -1.0})], tmp_path / "a.csv"
    assert not write_study(study, [Point({"train.seed": 1}, {})], results, path)
    assert capsys.readouterr().out.startswith(printed)
    assert pd.read_csv(path)["test.elbo"].tolist() == [-1.0]
