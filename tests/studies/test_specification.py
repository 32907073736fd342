"""Files of studies, and a one-line error per mistake."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from conftest import ROOT
from grid import list_points, parse_grid
from specification import read_study, study_names
from vae.pipeline.errors import PipelineError

DEEP = "train.seed=" + 600 * "["
SUMMARY = {"metrics": ["test.elbo"]}
STUDY = {
    "question": "What?",
    "shared": {"train.epochs": 3},
    "variants": {"wide": {"model.hidden_units": [512]}, "default": {}},
    "grid": {"model.latent_dim": [2, 5], "train.seed": [1, 2]},
}
GRID_1 = {"model.latent_dim": 2, "train.seed": 1}


def figure(**changes):
    return {"figure": {"x": "model.latent_dim", "metrics": ["test.elbo"]} | changes}


def rows(variants=STUDY["variants"], **changes):
    shown = {"figure": {"metrics": ["test.elbo"]} | changes}
    return shown | {"variants": variants}


def published(**values):
    known = {"metric": "test.elbo", "source": "others", "values": values}
    return {"published": known}


def read(tmp_path, **changes):
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(STUDY | changes))  # JSON is YAML
    return read_study(path)


def test_points_are_all_combinations_for_each_variant(tmp_path):
    first, *others = list_points(read(tmp_path))
    assert len(others) == 7
    place = {"model.latent_dim": 2, "train.seed": 1}
    assert first.coordinates == {"variant": "wide"} | place
    shared = {"train.epochs": 3}
    assert first.overrides == shared | {"model.hidden_units": [512]} | place
    assert str(first) == "variant wide, latent_dim 2, seed 1"
    assert others[-1].overrides == shared | {"model.latent_dim": 5, "train.seed": 2}


def test_values_on_the_command_line_are_a_grid():
    study = parse_grid(["model.hidden_units=[256,256],[512]", "train.beta=1,1e-1"])
    units = [[256, 256], [512]]
    assert study.grid == {"model.hidden_units": units, "train.beta": [1, 0.1]}
    assert len(list_points(study)) == 4
    for argument in ("train.seed", "train.seed=", "train.seed=[1", "", DEEP):
        with pytest.raises(PipelineError, match="received no values; expected e.g. "):
            parse_grid([argument])
    with pytest.raises(PipelineError, match="seed=2: given twice; give all values"):
        parse_grid(["train.seed=1", "train.seed=2"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grids": {}}, "mine.yaml: grids: unknown; allowed here: question, shared"),
        ({"question": 1}, "mine.yaml: question: received 1; Input should be a valid"),
        ({"variants": {"\x1b[2J": {}}}, "received '.x1b.2J'; String should match"),
        ({"grid": {"train.seed": []}}, "seed: received .*; List should have at least"),
        ({"figure": {"x": "train.seed"}}, "mine.yaml: figure.metrics: missing; give"),
        (figure(y=1), "figure.y: unknown; allowed here: metrics, x, lines, baseline, "),
        (figure(lines="a"), "figure.lines: received a; allowed: variant, model.late"),
        (figure(metrics=["message"]), "metrics: received message; allowed: a metric"),
        (figure(metrics=["train.seed"]), "metrics: received train.seed; allowed: a m"),
        (figure(metrics=["a.b"] * 51), "figure.metrics: received .*; List should have"),
        (figure(x="message"), "figure.x: received message; allowed: variant, model"),
        (figure(x="test.elbo"), "figure.x: received test.elbo; allowed: variant, mod"),
        (rows(baseline="published"), "baseline: received published; allowed: the k"),
        (rows(baseline={"train.seed": 3}), "received train.seed: 3; allowed: model"),
        (figure(baseline={"train.seed": 1}), "baseline: .*; allowed: without an x"),
        (rows(baseline=GRID_1, variants=None), "baseline: .*; allowed: a part of the"),
        (rows(lines="train.seed"), "figure.lines: received train.seed; allowed: with"),
        (rows(spread=1), "figure.spread: received 1.0; allowed: with a baseline"),
        (rows(spread=-1), "figure.spread: received -1; Input should be greater than"),
        (figure(x="model.dim"), "figure.x: received model.dim; allowed: variant, mod"),
        ({"grid": {"train.seed": [*range(9999)]}}, "received 19998 runs; expected at"),
        (published(narrow=-1), "published.values: received narrow; allowed: wide, d"),
        (published(wide=1e999), "values.wide: received 'Infinity'; Input should"),
        ({"summary": SUMMARY, "variants": None}, "row per variant; none is given"),
        ({"shared": {"train.seed": 9}}, "shared: received train.seed; allowed: names"),
        ({"grid": {"seed": [1]}}, "seed: no such parameter in params.yaml"),
        ({"grid": {"train.seed": [1, 2, 1]}}, "seed 1: the same run as variant wide"),
        ({"grid": {"train.beta": [1, 1.0]}}, "beta 1.0: the same run as variant wi"),
        ({"shared": {"train.epochs": 0}}, "train.epochs: received 0; Input should be"),
        ({"grid": {"train.batch_size": [8, 59000]}}, "batch_size: received 59000;"),
        ({"shared": {"download.dataset": "x"}}, "1: download.dataset: received 'x'; "),
    ],
)
def test_a_mistake_gives_one_line_before_any_run(tmp_path, changes, message):
    with pytest.raises(PipelineError, match=message) as error:
        list_points(read(tmp_path, **changes))
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(PipelineError, match="no such study; expected: mine$"):
        read_study(tmp_path / "none.yaml")


@pytest.mark.parametrize("content", ["question: [", DEEP[11:], "a: 1\na: 2", b"\xff"])
def test_an_error_for_invalid_yaml_names_the_file(tmp_path, content):
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(PipelineError, match="mine.yaml: not YAML: ") as error:
        read_study(tmp_path / "mine.yaml")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", study_names(ROOT / "studies"))
def test_each_study_is_valid_and_a_stage(name):
    study = read_study(ROOT / f"studies/{name}.yaml")
    assert list_points(study)
    if not (ROOT / f"results/studies/{name}.csv").exists():
        return  # such as `static`, which needs files of the user
    text = (ROOT / "studies/dvc.yaml").read_text().replace("${item}", name)
    stages = YAML(typ="safe").load(text)["stages"]
    shared = stages["study"]
    stage = shared["do"] if name in shared["foreach"] else stages[name]
    assert stage["cmd"] == f"python -B studies/run.py {name}"
    outs = [Path(path).name for out in stage["outs"] for path in out]
    runs = [f"{name}_runs.csv"] if study.summary else []
    figures = [f"{name}.png"] if study.figure else []
    assert outs == [f"{name}.csv", *runs, *figures]
