"""Files of studies, and a one-line error per mistake."""

import json

import pytest

from conftest import ROOT
from grid import list_points, parse_grid
from specification import read_study, study_names
from vae.pipeline.errors import PipelineError

SUMMARY = {"metrics": ["test.elbo"]}
STUDY = {
    "question": "What?",
    "shared": {"train.epochs": 3},
    "variants": {"wide": {"model.hidden_units": [512]}, "default": {}},
    "grid": {"model.latent_dim": [2, 5], "train.seed": [1, 2]},
}


def figure(**changes):
    return {"figure": {"metrics": ["test.elbo"]} | changes}


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
    assert parse_grid(["train.seed=1,\n2"]).grid == {"train.seed": [1, 2]}
    for argument in ("train.seed", "train.seed=", "train.seed=[1"):
        with pytest.raises(PipelineError, match="received no values; expected e.g. "):
            parse_grid([argument])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grids": {}}, "mine.yaml: grids: unknown; allowed here: question, shared"),
        ({"question": 1}, "mine.yaml: question: received 1; Input should be a valid"),
        ({"figure": {"x": "train.seed"}}, "mine.yaml: figure.metrics: missing; give"),
        (figure(y=1), "figure.y: unknown; allowed here: metrics, x, lines, baseline, "),
        (figure(metrics=["elbo"]), "metrics.0: received 'elbo'; String should match"),
        (figure(x="model.dim"), "figure.x: received model.dim; allowed: variant, mod"),
        (figure(lines="a"), "figure.lines: received a; allowed: variant, model.late"),
        (figure(baseline="published"), "baseline: received published; allowed: the k"),
        (published() | figure(baseline="published", metrics=["test.rate"]), "alone"),
        (figure(baseline={"train.seed": 3}), "received train.seed: 3; allowed: model"),
        (published(narrow=-1), "published.values: received narrow; allowed: wide, d"),
        ({"summary": SUMMARY, "variants": None}, "row per variant; none is given"),
        ({"shared": {"train.seed": 9}}, "shared: received train.seed; allowed: names"),
        ({"grid": {"seed": [1]}}, "seed: no such parameter in params.yaml"),
        ({"grid": {"train.beta": [1, 1.0]}}, "beta 1.0: the same run as variant wi"),
        ({"shared": {"train.epochs": 0}}, "train.epochs: received 0; Input should be"),
        ({"grid": {"train.batch_size": [8, 59000]}}, "batch_size: received 59000;"),
    ],
)
def test_a_mistake_gives_one_line_before_any_run(tmp_path, changes, message):
    with pytest.raises(PipelineError, match=message) as error:
        list_points(read(tmp_path, **changes))
    assert len(str(error.value).splitlines()) == 1


def test_an_unreadable_file_gives_one_line(tmp_path):
    (tmp_path / "mine.yaml").write_text("question: [")
    for name, message in {
        "mine": "not YAML: ",
        "no": "no such study; expected: mine$",
    }.items():
        with pytest.raises(PipelineError, match=f"{name}.yaml: {message}") as error:
            read_study(tmp_path / f"{name}.yaml")
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", study_names(ROOT / "studies"))
def test_each_study_is_valid(name):
    assert list_points(read_study(ROOT / f"studies/{name}.yaml"))
