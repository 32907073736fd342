"""Errors of the commands in one line, and tables whose figure fails."""

import sys
from types import SimpleNamespace

import pandas as pd
import pytest

import commands
from commands import main, write_study
from grid import Point
from point import Result
from specification import Figure, Study
from table import as_csv, differing_columns, make_table, read_rows
from vae.pipeline.errors import PipelineError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("seeds --only train.seed=1", "arguments --only and --cached: expected with"),
        ("--verify", "has no table of a study to verify"),
        ("--verify seeds", "seeds.csv: has 0 rows, expected 10; make it with: studi"),
        ("seed", "received seed; expected one of: data, "),
        ("frontier --recipe 6-D", "--recipe: received 6-D; expected one of: 5-D"),
        ("--recipe fashion", "received none; expected one of: data, "),
        ("train.seed=1 --output mine.csv", "mine.csv: not a table of a study; name an"),
        ("train.seed=1", "a study of values needs --output, such as my.csv"),
    ],
)
def test_a_wrong_argument_gives_one_line(tmp_path, monkeypatch, arguments, message):
    monkeypatch.setattr(commands, "TABLES", tmp_path)
    monkeypatch.setattr(commands, "require_committed_code", lambda: None)
    monkeypatch.setattr(sys, "argv", ["run.py", *arguments.split()])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("my,own,table\n")
    with pytest.raises(PipelineError) as error:
        main()
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_recipe_is_an_experiment_with_the_parameters_of_a_row(monkeypatch):
    calls = []
    ended = SimpleNamespace(returncode=3)
    run = SimpleNamespace(run=lambda *a, **k: calls.append(a[0]) or ended)
    monkeypatch.setattr(commands, "subprocess", run)
    monkeypatch.setattr(sys, "argv", ["run.py", "frontier", "--recipe", "fashion"])
    assert main() == 3
    assert calls[0][1:5] == ["-m", "dvc", "exp", "run"]
    changes = set(calls[0][6::2])
    assert {"model.latent_dim=40", "train.objective=dreg", "train.seed=1"} <= changes
    assert "model.hidden_units=[500, 500]" in changes


def test_the_table_survives_a_failed_figure(tmp_path, capsys):
    figure = Figure(metrics=["test.elbow"])
    study = Study(question="?", grid={"train.seed": [1]}, figure=figure)
    results, path = [Result({"test.elbo": -1.0})], tmp_path / "a.csv"
    assert not write_study(study, [Point({"train.seed": 1}, {})], results, path)
    assert capsys.readouterr().out == "no figure or summary: KeyError: ['test.elbow']\n"
    assert pd.read_csv(path)["test.elbo"].tolist() == [-1.0]


def test_a_whole_number_in_a_column_of_fractions_is_no_difference():
    points = [Point({"train.beta": beta}, {}) for beta in (10, 0.5)]
    row, _ = read_rows(as_csv(make_table(points, [Result(), Result()])))
    assert not differing_columns(points[0], Result(), row)
