"""What cannot be met is one line, and no figure costs a table."""

import runpy
import sys

import pandas as pd
import pytest

import commands
from commands import main, write_study
from conftest import ROOT
from grid import Point
from point import Result
from specification import Figure, Study
from vae.pipeline.errors import PipelineError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("seeds --audit 2", "argument --audit: received '2'; Input should be less th"),
        ("seeds --audit nan", "argument --audit: received 'nan'; Input should be les"),
        ("seeds --workers 0", "argument --workers: received '0'; Input should be gre"),
        ("seeds --only train.seed=1", "argument --only: expected with --verify; see"),
        ("--verify --audit 0.5", "argument --audit: expected without --verify; see"),
        ("--verify", "no table of a study, so nothing to verify"),
        ("--verify seeds", "seeds.csv: has 0 rows, expected 10; make it: studies/run"),
        ("", "received none; expected one study of: data, "),
        ("train.seed=1", "a study by values needs a table: --output my.csv"),
        ("train.seed=1 --output a.png", "--output: received a.png; expected a name"),
    ],
)
def test_what_cannot_be_met_is_one_line(tmp_path, monkeypatch, arguments, message):
    monkeypatch.setattr(commands, "TABLES", tmp_path)
    monkeypatch.setattr(commands, "refuse_changes", lambda: None)
    monkeypatch.setattr(sys, "argv", ["run.py", *arguments.split()])
    with pytest.raises(PipelineError) as error:
        main()
    assert message in str(error.value) and "\n" not in str(error.value)


def test_ctrl_c_before_anything_runs_is_one_line(monkeypatch):
    class Interrupted:
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "commands", Interrupted())
    with pytest.raises(SystemExit, match="^interrupted; the same command goes on"):
        runpy.run_path(str(ROOT / "studies/run.py"), run_name="__main__")


@pytest.mark.parametrize(
    ("metric", "printed"),
    [
        ("test.elbo", "no figure: RuntimeError: no way"),
        ("test.elbow", "test.elbow: no run has this metric, so there is no figure"),
    ],
)
def test_no_figure_costs_a_table(tmp_path, monkeypatch, capsys, metric, printed):
    def draw(study, points, table):
        raise RuntimeError("no\nway")

    monkeypatch.setattr(commands, "draw_study", draw)
    figure = Figure(metrics=[metric])
    study = Study(question="?", grid={"train.seed": [1]}, figure=figure)
    results, path = [Result({"test.elbo": -1.0})], tmp_path / "a.csv"
    assert not write_study(study, [Point({"train.seed": 1}, {})], results, path)
    assert capsys.readouterr().out.startswith(printed)
    assert pd.read_csv(path)["test.elbo"].tolist() == [-1.0]
