"""All stages on a tiny project, from files to files.

Whole runs take seconds each, so few configurations are run: together they have every
likelihood, every objective, one to three latent dimensions, and gray, static and
dynamic pixels. The product of likelihoods and objectives is in `test_objectives.py`.
"""

import json
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors.numpy import load_file

import check
import evaluate
import explore
import page
import preprocess
import render
import train
import vae
from conftest import CLASSES, ROOT, make_project, write_params
from vae.pipeline.checkpoint import save_state
from vae.pipeline.errors import PipelineError

STAGES = (preprocess, train, evaluate, render, explore)
DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PRODUCERS = {
    "data/verified/dataset.json": "download",
    "data/verified/train-images-idx3-ubyte": "download",
    "data/images.npz": "preprocess",
    "results/model.json": "train",
    "results/model.safetensors": "train",
    "results/history.csv": "train",
    "results/latents.npz": "evaluate",
}
FIGURES = {"bound", "encodings", "history", "reconstruction", "samples"}


def run_stages():
    for stage in STAGES:
        stage.main()


def contents():
    paths = [Path("data/images.npz"), *Path("results").rglob("*.*")]
    return {path: path.read_bytes() for path in paths}


def read_tables():
    """Return the metrics by section, and the table of their standard errors."""
    metrics = json.loads(Path("results/metrics.json").read_text())
    return metrics, pd.read_csv("results/standard_errors.csv", index_col="metric")


def figures():
    """Return the names of all figures."""
    return {path.stem for path in Path("results").rglob("*.png")}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The outputs of one run, and what it printed to both streams."""
    folder, said, progress = tmp_path_factory.mktemp("outputs"), StringIO(), StringIO()
    make_project(folder)
    with chdir(folder), redirect_stdout(said), redirect_stderr(progress):
        write_params()
        run_stages()
        return contents(), said.getvalue(), progress.getvalue()


@pytest.fixture
def finished(tiny, run):
    """A tiny project whose stages have all run."""
    Path("results/figures").mkdir()
    for path, content in run[0].items():
        path.write_bytes(content)
    return tiny


def test_a_run_says_what_it_does_and_writes_what_suits_the_model(finished, run):
    outputs, said, progress = run
    for text in ("compiled", "\nepoch 2/2: ELBO train -", "\ntest: ELBO -"):
        assert text in said
    for samples in (", adaptive proposal", " of q(z|x)"):
        assert f"importance-weighted bound with 12 samples{samples}\n" in progress
    for content in outputs.values():  # names no path and no host
        assert b"/outputs" not in content and b"matplotlib.org" not in content
    assert figures() == FIGURES | {"traversals"}
    history = pd.read_csv("results/history.csv")
    assert list(history)[8:] == ["beta"] and list(history["epoch"]) == [1, 2]
    np.testing.assert_allclose(history["train_loss"], -history["train_elbo"], atol=1e-3)


def test_metrics_are_means_of_the_columns_in_the_file_of_latents(finished):
    metrics, errors = read_tables()
    latents, test = dict(np.load("results/latents.npz")), metrics["test"]
    columns = [name for name in latents if name.startswith("test_")]
    assert columns == [f"test_{name}" for name in errors["test"].dropna().index]
    for name in columns:
        mean = np.mean(latents[name], dtype=float)
        assert test[name.removeprefix("test_")] == round(float(mean), 4)
    assert abs(test["elbo"] + test["rate"] + test["distortion"]) < 2e-4
    classes = pd.read_csv("results/classes.csv")
    for split, count in {"train": 34, "test": 30}.items():
        rows = classes[classes["split"] == split]
        assert list(rows["name"]) == CLASSES and rows["images"].sum() == count
        mean = np.average(rows["elbo"], weights=rows["images"])
        np.testing.assert_allclose(mean, metrics[split]["elbo"], atol=2e-4)


def test_one_page_has_several_models(finished, monkeypatch):
    """Both are this run, in place of two commits."""
    files = SimpleNamespace(read_bytes=lambda path: Path(path).read_bytes())
    monkeypatch.setattr(page, "open_files", lambda name: files)
    monkeypatch.setattr(sys, "argv", ["page.py", "one", "two", "--output", "a.html"])
    page.main()
    data = Path("a.html").read_text().split('id="data">')[1].split("</script>")[0]
    assert [model["name"] for model in json.loads(data)] == ["one", "two"]
    Path("results/model.safetensors").unlink()
    with pytest.raises(PipelineError, match="one: DVC's cache lacks its results/model"):
        page.main()


class CutShort(BaseException):
    """Stands for whatever ends a process."""


def test_a_second_run_cut_short_gives_the_same_bytes(tiny, run, monkeypatch, capsys):
    def save_and_end(path, state):
        save_state(path, state)
        raise CutShort

    preprocess.main()
    for _ in range(2):  # once after each epoch
        with monkeypatch.context() as patch, pytest.raises(CutShort):
            patch.setattr(train, "save_state", save_and_end)
            train.main()
    run_stages()
    expected, again = run[0], contents()
    assert set(again) == set(expected)
    assert [path for path in again if again[path] != expected[path]] == []
    said = capsys.readouterr().out
    for epoch in (1, 2):
        assert f"continuing after epoch {epoch} of an unfinished run\n" in said
    assert "epoch 2/2: " not in said  # that was cut short too


FACTORS = {"factor_information", "factor_means"}


def write_factors():
    """Give images factors: `a` has two values, `b` five and `c` one, thus left out."""
    path = Path("data/verified/dataset.json")
    factors = {
        name: {
            split: " ".join(str(i % count) for i in range(num))
            for split, num in (("train", 41), ("test", 30))
        }
        for name, count in (("a", 2), ("b", 5), ("c", 1))
    }
    path.write_text(json.dumps(json.loads(path.read_text()) | {"factors": factors}))


@pytest.mark.parametrize(
    ("latent_dim", "binarization", "likelihood", "objective", "drawn", "varied"),
    [
        (1, "static", "continuous_bernoulli", "iwae", FACTORS, []),
        (
            *(2, "none", "gaussian", "capacity"),
            FACTORS | {"capacity", "manifold", "posteriors"},
            ["capacity", "rate_z1", "rate_z2"],
        ),
    ],
)
def test_other_models_run_through(
    tiny, capsys, latent_dim, binarization, likelihood, objective, drawn, varied
):
    write_factors()
    tiny(
        evaluate__max_images=20,
        evaluate__proposal="posterior" if latent_dim == 2 else "adaptive",
        evaluate__num_importance_samples=200,
        preprocess__binarization=binarization,
        model__latent_dim=latent_dim,
        model__hidden_units=[5],
        model__likelihood=likelihood,
        train__objective=objective,
        train__num_samples=3,
    )
    Path("results/figures").mkdir()
    for name in ("traversals", "of_the_user"):
        Path(f"results/figures/{name}.png").touch()
    run_stages()
    assert figures() == FIGURES | drawn | {"of_the_user"}
    weights = load_file("results/model.safetensors")
    assert weights["encoder.posterior.kernel"].shape == (5, 2 * latent_dim)
    (metrics, errors), said = read_tables(), capsys.readouterr().out
    values = metrics.pop("disentanglement").values()
    assert len(values) == 5 and all(0 <= value <= 1 for value in values)
    assert "disentanglement" not in errors and "\nMIG 0." in said
    data = dict(np.load("data/images.npz"))
    latents = dict(np.load("results/latents.npz"))
    np.testing.assert_array_equal(latents["label"], data["test_labels"][:20])
    assert latents["factor_names"].tolist() == ["a", "b"]
    assert latents["factor_mean"].shape == (2, 5, latent_dim)
    # Whatever was optimized, these are the true bounds on the same log p(x).
    test = metrics["test"]
    assert test["elbo"] < test["log_evidence"] + 0.5
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    assert f"log p(x) {test['log_evidence']:.2f} nats" in said
    pseudo = binarization == "static"  # as these likelihoods are of gray pixels
    assert all(part["pseudo_likelihood"] is pseudo for part in metrics.values())
    assert said.count("pseudo-likelihood: this model") == 2 * pseudo
    history = pd.read_csv("results/history.csv")
    assert list(history)[8:] == varied
    if varied:  # C in mid-epoch, as it rises from 0 to 2 over both epochs
        np.testing.assert_allclose(history["capacity"], [0.5, 1.5])
        rates = history[["rate_z1", "rate_z2"]].sum(axis=1)
        np.testing.assert_allclose(rates, history["validation_rate"], atol=3e-4)


@pytest.mark.long
@pytest.mark.parametrize(
    ("prior", "name", "shape", "components"),
    [
        ("vamp", "pseudo_inputs", (4, 24), 4),
        ("flow", "coupling_2.output.bias", (2,), 2048),
    ],
)
def test_a_learned_prior_runs_through(tiny, capsys, prior, name, shape, components):
    tiny(
        model__latent_dim=2,
        model__prior=prior,
        train__objective="dreg",
        train__num_samples=3,
        evaluate__annealed_images=5,
        evaluate__optimized_images=4,
    )
    run_stages()
    assert figures() == FIGURES | {"posteriors"}
    weights = load_file("results/model.safetensors")
    assert weights[f"prior.{name}"].shape == shape
    metrics, errors = read_tables()
    test, enclosure, gaps = metrics["test"], metrics["enclosure"], metrics["gaps"]
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    gain = test["annealed_bound"] - test["iwae_bound"]
    assert gain == pytest.approx(enclosure["test_gain"], abs=2e-4)
    assert abs(enclosure["gap"]) < 0.5
    assert gaps["amortization_gap"] > 0 and gaps["approximation_gap"] > -0.01
    assert errors.loc["test_lower", "enclosure"] > 0
    with np.load("results/latents.npz") as latents:
        for parameter in ("prior_loc", "prior_scale"):
            assert latents[parameter].shape == (components, 2)
    assert "annealing: log p(x) of test images is at least" in capsys.readouterr().out


def test_a_notebook_loads_the_trained_model(finished, tmp_path, monkeypatch):
    data = dict(np.load("data/images.npz"))
    latents = dict(np.load("results/latents.npz"))
    monkeypatch.chdir("/")
    finished_model = vae.load(tmp_path)
    loc, scale = finished_model.posterior(data["test_images"].reshape(30, -1) / 255)
    np.testing.assert_allclose(loc, latents["loc"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scale, latents["scale"], rtol=1e-4)


@pytest.mark.parametrize("path", PRODUCERS)
def test_missing_and_damaged_inputs_are_named_with_what_mends_them(finished, path):
    mend = f".*dvc repro .*{PRODUCERS[path]}"
    readers = [stage for stage in STAGES if path in DVC[stage.__name__]["deps"]]
    assert readers
    for stage in readers:
        Path(path).write_bytes(b"")
        with pytest.raises(PipelineError, match=f"{path}: damaged .*; {mend}"):
            stage.main()
        Path(path).unlink()
        with pytest.raises(PipelineError, match=f"{path}: no such file; .*{mend}"):
            stage.main()


def test_other_images_than_in_training_are_refused(finished):
    data = dict(np.load("data/images.npz"))
    np.savez("data/images.npz", **data | {"class_names": data["class_names"][::-1]})
    message = "class_names is .*, but that of the data is .*; train again: dvc repro"
    for stage in (evaluate, explore):
        with pytest.raises(PipelineError, match=message):
            stage.main()


def test_more_images_than_there_are_are_refused_before_anything_is_written(finished):
    before = contents()
    finished(preprocess__validation_images=41)
    with pytest.raises(PipelineError, match="received 41; allowed: at most 31, so"):
        preprocess.main()
    finished(train__batch_size=35)
    for stage in (preprocess, train):
        with pytest.raises(PipelineError, match="received 35; allowed: at most 34"):
            stage.main()
    assert contents() == before


@pytest.mark.parametrize("stage", [check, preprocess, train, evaluate])
def test_a_mistake_in_any_section_ends_every_stage(tiny, stage):
    tiny(evaluate__num_samples=0)
    message = "^params.yaml: evaluate.num_samples: received 0;"
    with pytest.raises(PipelineError, match=message):
        stage.main()
