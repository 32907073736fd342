"""All stages on a tiny project, from files to files.

Whole runs take seconds each, so few configurations are run: together they have every
likelihood, every objective, one to three latent dimensions, and grey, static and
dynamic pixels. The product of likelihoods and objectives is in `test_objectives.py`.
"""

import json
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

import check
import evaluate
import explore
import preprocess
import render
import train
import vae
from conftest import CLASSES, make_project, write_params
from vae.pipeline.errors import PipelineError

TERMS = ["elbo", "rate", "distortion"]
TEST_TERMS = [*TERMS, "iwae_bound", "mutual_information", "marginal_kl"]
TEST_TERMS += ["knn_accuracy", "probe_accuracy"]


def run_stages():
    for stage in (preprocess, train, evaluate, render, explore):
        stage.main()


def contents():
    paths = [Path("data/images.npz"), *Path("results").rglob("*.*")]
    return {path: path.read_bytes() for path in paths}


def read_metrics():
    return json.loads(Path("results/metrics.json").read_text())


def figure_names():
    return {path.stem for path in Path("results/figures").iterdir()}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The outputs of one run."""
    folder = tmp_path_factory.mktemp("outputs")
    make_project(folder)
    with chdir(folder):
        write_params()
        run_stages()
        return contents()


@pytest.fixture
def finished(tiny, outputs):
    """A tiny project whose stages have all run."""
    Path("results/figures").mkdir()
    for path, content in outputs.items():
        path.write_bytes(content)
    return tiny


def test_two_runs_give_the_same_bytes_and_say_what_they_do(tiny, outputs, capfd):
    run_stages()
    said, progress = capfd.readouterr()
    assert "compiled" in said
    assert "\nepoch 2/2: ELBO train -" in said
    assert "\ntest: ELBO -" in said
    assert "importance-weighted bound with 12 samples\n" in progress
    again = contents()
    assert set(again) == set(outputs)
    assert [path for path in again if again[path] != outputs[path]] == []
    assert figure_names() == {"bound", "rate", "samples", "traversals"}


@pytest.mark.parametrize(
    ("latent_dim", "likelihood", "objective", "own_figures", "varied"),
    [
        (1, "continuous_bernoulli", "iwae", set(), []),
        (2, "gaussian", "capacity", {"manifold", "posteriors"}, ["capacity"]),
    ],
)
def test_other_models_run_through(
    tiny, capsys, latent_dim, likelihood, objective, own_figures, varied
):
    tiny(
        preprocess__binarization="none",
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
    weights = load_file("results/model.safetensors")
    assert weights["encoder.posterior.kernel"].shape == (5, 2 * latent_dim)
    assert figure_names() == {"bound", "rate", "samples", "of_the_user"} | own_figures
    # Whatever was optimized, these are the true bounds on the same log p(x).
    test = read_metrics()["test"]
    assert test["elbo"] < test["log_evidence"] + 0.5
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    assert test["pseudo_likelihood"] is False
    history = pd.read_csv("results/history.csv")
    assert list(history)[8:] == varied
    for name in varied:  # in mid-epoch, as it rises from 0 to 2 over both epochs
        np.testing.assert_allclose(history[name], [0.5, 1.5])
    said = capsys.readouterr().out
    assert f"log p(x) {test['log_evidence']:.2f} nats" in said
    assert "pseudo-likelihood" not in said


def test_a_learned_prior_runs_through(tiny, capsys):
    tiny(
        model__latent_dim=2,
        model__prior="vamp",
        train__objective="dreg",
        train__num_samples=3,
        evaluate__annealed_images=5,
        evaluate__optimised_images=4,
    )
    run_stages()
    weights = load_file("results/model.safetensors")
    assert weights["prior.pseudo_inputs"].shape == (4, 24)
    metrics = read_metrics()
    test, enclosure, gaps = metrics["test"], metrics["enclosure"], metrics["gaps"]
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    gain = test["annealed_bound"] - test["iwae_bound"]
    assert gain == pytest.approx(enclosure["test_gain"], abs=2e-4)
    assert abs(enclosure["gap"]) < 0.5
    assert gaps["amortisation_gap"] > 0 and gaps["approximation_gap"] > -0.01
    errors = pd.read_csv("results/standard_errors.csv", index_col="metric")
    assert errors.loc["test_lower", "enclosure"] > 0
    assert "manifold" not in figure_names() and "posteriors" in figure_names()
    with np.load("results/latents.npz") as latents:
        assert latents["prior_loc"].shape == latents["prior_scale"].shape == (4, 2)
    assert "by annealing: log p(x) of test images at least" in capsys.readouterr().out


def test_a_pseudo_likelihood_is_said_and_recorded(tiny, capsys):
    tiny(preprocess__binarization="none", model__hidden_units=[5])
    for stage in (preprocess, train, evaluate):
        stage.main()
    assert capsys.readouterr().out.count("pseudo-likelihood: this model") == 2
    assert all(part["pseudo_likelihood"] is True for part in read_metrics().values())


def test_metrics_are_means_with_standard_errors_beside_them(finished):
    metrics, latents = read_metrics(), np.load("results/latents.npz")
    assert list(metrics) == ["train", "test"]
    classes = pd.read_csv("results/classes.csv")
    errors = pd.read_csv("results/standard_errors.csv", index_col="metric")
    for split, names, count in (("train", TERMS, 34), ("test", TEST_TERMS, 30)):
        section = metrics[split]
        assert list(section) == [*names, "active_units", "pseudo_likelihood"]
        assert list(errors[split].dropna().index) == names
        assert abs(section["elbo"] + section["rate"] + section["distortion"]) < 2e-4
        rows = classes[classes["split"] == split]
        assert list(rows["class"]) == list(range(10))
        assert list(rows["name"]) == CLASSES
        assert rows["images"].sum() == count
        for name in set(names) - {"marginal_kl"}:
            mean = np.average(rows[name], weights=rows["images"])
            np.testing.assert_allclose(mean, section[name], atol=2e-4)
    for name in TEST_TERMS:  # by image
        column = latents[f"test_{name}"]
        assert column.shape == (30,)
        assert round(float(np.mean(column, dtype=float)), 4) == metrics["test"][name]


def test_history_has_a_row_per_epoch(finished):
    history = pd.read_csv("results/history.csv")
    columns = [f"{split}_{term}" for split in ("train", "validation") for term in TERMS]
    assert list(history) == ["epoch", *columns, "train_loss", "beta"]
    assert list(history["epoch"]) == [1, 2]
    assert np.isfinite(history.to_numpy()).all()
    np.testing.assert_allclose(history["train_loss"], -history["train_elbo"], atol=1e-3)


def test_a_quick_look_is_at_the_first_images_alone(finished):
    finished(evaluate__max_images=12, evaluate__grid_points=[0, 0])
    before = np.load("results/latents.npz")
    evaluate.main()
    after = np.load("results/latents.npz")
    for name in ("label", "loc", "test_rate"):
        assert len(after[name]) == 12
        np.testing.assert_allclose(after[name], before[name][:12], rtol=1e-6)
    classes = pd.read_csv("results/classes.csv")
    assert list(classes.groupby("split")["images"].sum()) == [12, 12]


class CutShort(BaseException):
    """Stands for whatever ends a process."""


def test_each_split_is_measured_under_its_own_name(finished, monkeypatch):
    received = {}

    def encode_split(model, images, label, name, settings):
        received[name] = images, label
        return name

    def measure(model, train, test, settings):
        assert (train, test) == ("train", "test")
        raise CutShort

    monkeypatch.setattr(evaluate, "encode_split", encode_split)
    monkeypatch.setattr(evaluate, "measure", measure)
    with pytest.raises(CutShort):
        evaluate.main()
    data = np.load("data/images.npz")
    for split, (images, label) in received.items():
        np.testing.assert_array_equal(images, data[f"{split}_images"])
        np.testing.assert_array_equal(label, data[f"{split}_labels"])


def test_a_notebook_loads_the_trained_model(finished, tmp_path, monkeypatch):
    data, latents = np.load("data/images.npz"), np.load("results/latents.npz")
    monkeypatch.chdir("/")
    finished_model = vae.load(tmp_path)
    loc, scale = finished_model.posterior(data["test_images"].reshape(30, -1) / 255)
    np.testing.assert_allclose(loc, latents["loc"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scale, latents["scale"], rtol=1e-4)


def test_weights_of_another_model_are_refused(finished):
    path = Path("results/model.json")
    path.write_text(path.read_text().replace('"latent_dim": 3', '"latent_dim": 4'))
    message = r"model.safetensors: damaged \(weights of another"
    with pytest.raises(PipelineError, match=message):
        evaluate.main()


def test_a_bug_in_loading_weights_keeps_its_traceback(finished, monkeypatch):
    monkeypatch.setattr("vae.pipeline.trained.assign_weights", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        vae.load()


def test_no_output_names_a_date_a_path_or_a_host(finished):
    for content in contents().values():
        assert b"/outputs" not in content
        assert b"matplotlib.org" not in content


@pytest.mark.parametrize(
    ("stage", "path", "producer"),
    [
        (preprocess, "data/verified/train-images-idx3-ubyte", "download"),
        (preprocess, "data/verified/t10k-labels-idx1-ubyte", "download"),
        (preprocess, "data/verified/dataset.json", "download"),
        (train, "data/images.npz", "preprocess"),
        (evaluate, "data/images.npz", "preprocess"),
        (evaluate, "results/model.json", "train"),
        (evaluate, "results/model.safetensors", "train"),
        (render, "results/history.csv", "train"),
        (render, "results/latents.npz", "evaluate"),
        (explore, "data/images.npz", "preprocess"),
        (explore, "results/model.json", "train"),
        (explore, "results/model.safetensors", "train"),
        (explore, "results/latents.npz", "evaluate"),
    ],
)
def test_missing_and_damaged_inputs_are_named_with_what_mends_them(
    finished, stage, path, producer
):
    content, mend = Path(path).read_bytes(), f".*dvc repro {producer}"
    Path(path).write_bytes(content[: len(content) // 2])
    with pytest.raises(PipelineError, match=f"{path}: damaged .*; {mend}"):
        stage.main()
    Path(path).unlink()
    with pytest.raises(PipelineError, match=f"{path}: no such file; {mend}"):
        stage.main()


@pytest.mark.parametrize("stage", [train, evaluate])
def test_images_of_another_type_are_refused(finished, stage):
    data = dict(np.load("data/images.npz"))
    np.savez("data/images.npz", **data | {"train_images": data["train_images"] / 255})
    message = "train_images is float64 of shape .*, expected uint8 train height width"
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
