"""What a file of a study may say, and one line for each mistake in it."""

from pathlib import Path

import pytest
import yaml

import specification
from conftest import ROOT
from specification import list_points, override, parse_grid, read_study
from vae.pipeline.errors import PipelineError

STUDY = {
    "question": "What?",
    "shared": {"train.epochs": 3},
    "variants": {"wide": {"model.hidden_units": [512]}, "default": {}},
    "grid": {"model.latent_dim": [2, 5], "train.seed": [1, 2]},
    "figure": {"x": "model.latent_dim", "metrics": ["test.elbo"]},
}


def read(tmp_path, **changes):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(STUDY | changes, sort_keys=False))
    return read_study(path)


def test_all_combinations_are_run_for_each_variant(tmp_path):
    points = list_points(read(tmp_path))
    assert len(points) == 8
    assert points[0].place == {
        "variant": "wide",
        "model.latent_dim": 2,
        "train.seed": 1,
    }
    assert points[0].overrides == {
        "train.epochs": 3,
        "model.hidden_units": [512],
        "model.latent_dim": 2,
        "train.seed": 1,
    }
    assert points[-1].overrides == {
        "train.epochs": 3,
        "model.latent_dim": 5,
        "train.seed": 2,
    }


def test_values_on_the_command_line_are_a_grid():
    study = parse_grid(["model.hidden_units=[256,256],[512]", "train.beta=1,1e-1"])
    assert study.grid == {
        "model.hidden_units": [[256, 256], [512]],
        "train.beta": [1, 0.1],
    }
    assert [point.place["train.beta"] for point in list_points(study)] == [1, 0.1] * 2


@pytest.mark.parametrize("argument", ["train.seed", "train.seed=", "train.seed=[1", ""])
def test_a_parameter_without_values_is_refused(argument):
    with pytest.raises(PipelineError, match="received no values; expected such as"):
        parse_grid([argument])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grids": {}}, "mine.yaml: grids: Extra inputs are not permitted"),
        ({"grid": {}}, "mine.yaml: grid: Dictionary should have at least 1 item"),
        ({"grid": {"train.seed": []}}, "grid.train.seed: List should have at least 1"),
        ({"grid": {"train.seed": 1}}, "grid.train.seed: Input should be a valid list"),
        ({"variants": {}}, "variants: Dictionary should have at least 1 item"),
        ({"figure": {"x": "train.seed"}}, "mine.yaml: figure.metrics: Field required"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path, changes, message):
    with pytest.raises(PipelineError, match=message) as error:
        read(tmp_path, **changes)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grid": {"train.seeds": [1]}}, "train.seeds: no such parameter in params.y"),
        ({"grid": {"train.seed": [1, 2, 1]}}, "'train.seed': 1}: the same run twice"),
        ({"grid": {"seed": [1]}}, "seed: no such parameter in params.yaml"),
        ({"shared": {"train.epochs": 0}}, "train.epochs: received 0; Input should be"),
        ({"grid": {"train.batch_size": [8, 59000]}}, "batch_size: received 59000;"),
        ({"shared": {"download.dataset": "x"}}, "dataset: received 'x'; allowed: mnis"),
    ],
)
def test_what_the_pipeline_would_refuse_is_refused_before_anything_runs(
    tmp_path, changes, message
):
    with pytest.raises(PipelineError, match=message):
        list_points(read(tmp_path, **changes))


def test_a_study_that_is_not_there_is_said_with_those_that_are(tmp_path):
    for name in ("seeds.yaml", "dvc.yaml"):
        (tmp_path / name).touch()
    with pytest.raises(PipelineError, match="no such study; there are: seeds$"):
        read_study(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("summary: {metric: test.elbo, published: {}}", "none is given"),
        (
            "variants: {a: {}}\nsummary: {metric: test.elbo, published: {b: -1}}",
            "no such variant: b",
        ),
        ("figure: {x: train.seed, metrics: [test.elbo], panels: a}", "no column"),
    ],
)
def test_names_that_only_the_end_would_miss_are_refused(line, reason, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(f"question: '?'\ngrid: {{train.seed: [1]}}\n{line}\n")
    with pytest.raises(PipelineError, match=reason):
        read_study(path)


def test_overrides_leave_the_parameters_as_they_were():
    params = {"train": {"seed": 1, "epochs": 2}}
    assert override(params, {"train.seed": 5}) == {"train": {"seed": 5, "epochs": 2}}
    assert params == {"train": {"seed": 1, "epochs": 2}}


@pytest.mark.parametrize(
    "path", [p for p in ROOT.glob("studies/*.yaml") if p.stem != "dvc"]
)
def test_the_studies_that_are_there_are_valid_and_wired_once_they_are_computed(path):
    study = read_study(path)
    points = list_points(study)
    assert study.figure.x in [*points[0].place, "test.rate"]
    if not (ROOT / f"results/studies/{path.stem}.csv").exists():
        return
    text = (ROOT / "studies/dvc.yaml").read_text()
    stages = yaml.safe_load(text.replace("${item}", path.stem))["stages"]
    names = stages["study"]["foreach"]
    stage = stages["study"]["do"] if path.stem in names else stages[path.stem]
    assert stage["cmd"] == f"python -B studies/run.py {path.stem}"
    outs = [Path(name).name for out in stage["outs"] for name in out]
    runs = [f"{path.stem}_runs.csv"] if study.summary else []
    assert outs == [f"{path.stem}.csv", *runs, f"{path.stem}.png"]
    assert specification.ROOT == ROOT
