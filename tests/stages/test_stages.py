"""Each stage on a tiny project, from files to files.

Whole runs take seconds each, so few configurations are run: together they have every
likelihood, every objective, one to three latent dimensions, and grey, static and
dynamic pixels. The product of likelihoods and objectives is in `test_objectives.py`.
"""

import hashlib
import json
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save

import check
import evaluate
import explore
import preprocess
import render
import train
from conftest import CLASSES, make_project, write_params
from vae.data.idx import format_idx
from vae.evaluation.measure import Measures
from vae.objectives import Capacity
from vae.pipeline.checkpoint import State, save_state
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import read_params

OUTPUTS = [
    "data/images.npz",
    "results/model.safetensors",
    "results/history.csv",
    "results/metrics.json",
    "results/standard_errors.csv",
    "results/classes.csv",
    "results/latents.npz",
    "results/encodings.png",
    "results/history.png",
    "results/reconstruction.png",
    "results/figures/bound.png",
    "results/figures/rate.png",
    "results/figures/samples.png",
    "results/figures/traversals.png",
    "results/explorer.html",
]
TRAINED = ["results/model.safetensors", "results/history.csv"]
SPLITS = ["train", "validation", "test"]
TERMS = ["elbo", "rate", "distortion"]
TEST_TERMS = [
    "iwae_bound",
    "mutual_information",
    "marginal_kl",
    "knn_accuracy",
    "probe_accuracy",
]


def run_stages():
    for stage in (preprocess, train, evaluate, render, explore):
        stage.main()


def contents(names=OUTPUTS):
    return {name: Path(name).read_bytes() for name in names}


def read_metrics():
    return json.loads(Path("results/metrics.json").read_text())


def raw_images(prefix):
    content = Path(f"data/verified/{prefix}-images-idx3-ubyte").read_bytes()
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 6, 4)


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
    for name, content in outputs.items():
        Path(name).write_bytes(content)
    return tiny


def test_two_runs_give_the_same_bytes_and_say_what_they_do(tiny, outputs, capfd):
    run_stages()
    said, progress = capfd.readouterr()
    assert "compiled" in said
    assert "\nepoch 2/2: ELBO train -" in said
    assert "\ntest: ELBO -" in said
    assert "importance-weighted bound with 12 samples\n" in progress
    hashes = [
        {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        for files in (contents(), outputs)
    ]
    assert hashes[0] == hashes[1]


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
    figures = {path.stem for path in Path("results/figures").iterdir()}
    assert figures == {"bound", "rate", "samples", "of_the_user"} | own_figures
    # Whatever was optimised, these are the true bounds on the same log p(x).
    test = read_metrics()["test"]
    assert test["elbo"] < test["log_evidence"] + 0.5
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    assert test["pseudo_likelihood"] is False
    history = pd.read_csv("results/history.csv")
    assert list(history)[8:] == varied
    for name in varied:  # in mid-epoch, as it rises from 0 to 2 over both epochs
        np.testing.assert_allclose(history[name], [0.5, 1.5])
    assert f"log p(x) {test['log_evidence']:.2f} nats" in capsys.readouterr().out


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
    assert load_file("results/model.safetensors")["prior.pseudo_inputs"].shape == (
        4,
        24,
    )
    metrics = read_metrics()
    test, enclosure = metrics["test"], metrics["enclosure"]
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    assert list(enclosure) == [
        "test_lower",
        "test_gain",
        "simulated_lower",
        "simulated_upper",
        "gap",
    ]
    gain = test["annealed_bound"] - test["iwae_bound"]
    assert gain == pytest.approx(enclosure["test_gain"], abs=2e-4)
    assert abs(enclosure["gap"]) < 0.5
    gaps = metrics["gaps"]
    assert gaps["amortisation_gap"] > 0 and gaps["approximation_gap"] > -0.01
    errors = pd.read_csv("results/standard_errors.csv", index_col="metric")
    assert errors.loc["test_lower", "enclosure"] > 0
    figures = {path.stem for path in Path("results/figures").iterdir()}
    assert "manifold" not in figures and "posteriors" in figures
    with np.load("results/latents.npz") as latents:
        assert latents["prior_loc"].shape == latents["prior_scale"].shape == (4, 2)
    assert "by annealing: log p(x) of test images at least" in capsys.readouterr().out


def test_a_pseudo_likelihood_is_said_and_recorded(tiny, capsys):
    tiny(preprocess__binarization="none", model__hidden_units=[5])
    preprocess.main()
    train.main()
    evaluate.main()
    assert capsys.readouterr().out.count("pseudo-likelihood: this model") == 2
    metrics = read_metrics()
    assert metrics["train"]["pseudo_likelihood"] is True
    assert metrics["test"]["pseudo_likelihood"] is True


@pytest.mark.parametrize("binarization", ["none", "threshold", "static", "dynamic"])
def test_binarization(tiny, binarization):
    tiny(preprocess__binarization=binarization)
    preprocess.main()
    data = np.load("data/images.npz")
    grey = {
        "train": raw_images("train")[:34],
        "validation": raw_images("train")[34:],
        "test": raw_images("t10k"),
    }
    for split, expected in grey.items():
        received = data[f"{split}_images"]
        assert received.shape == expected.shape
        if binarization == "none":
            np.testing.assert_array_equal(received, expected)
            continue
        assert set(np.unique(received)) == {0, 255}
        if binarization == "threshold":
            np.testing.assert_array_equal(received == 255, expected / 255 > 0.5)
        else:  # drawn: close to the grey values on average
            error = (received / 255 - expected / 255).mean()
            assert abs(error) < 4 * 0.5 / np.sqrt(expected.size)
    assert ("train_grey" in data) == (binarization == "dynamic")
    if binarization == "dynamic":
        np.testing.assert_array_equal(data["train_grey"], grey["train"])


def test_validation_images_are_the_last_of_the_training_images(tiny):
    preprocess.main()
    labels = {split: np.load("data/images.npz")[f"{split}_labels"] for split in SPLITS}
    np.testing.assert_array_equal(labels["train"], np.arange(34) % 10)
    np.testing.assert_array_equal(labels["validation"], np.arange(34, 41) % 10)
    np.testing.assert_array_equal(labels["test"], np.arange(30) % 10)


def test_metrics_are_means_with_standard_errors_beside_them(finished):
    metrics = read_metrics()
    assert list(metrics) == ["train", "test"]
    averages = {"train": TERMS, "test": TERMS + TEST_TERMS}
    classes = pd.read_csv("results/classes.csv")
    errors = pd.read_csv("results/standard_errors.csv", index_col="metric")
    for split, section in metrics.items():
        assert list(section) == averages[split] + ["active_units", "pseudo_likelihood"]
        assert list(errors[split].dropna().index) == averages[split]
        total = section["elbo"] + section["rate"] + section["distortion"]
        assert abs(total) < 2e-4
        rows = classes[classes["split"] == split]
        assert list(rows["class"]) == list(range(10))
        assert list(rows["name"]) == CLASSES
        assert rows["images"].sum() == {"train": 34, "test": 30}[split]
        for term in averages[split]:
            if term == "marginal_kl":
                assert term not in rows
                continue
            mean = np.average(rows[term], weights=rows["images"])
            np.testing.assert_allclose(mean, section[term], atol=2e-4)


def test_a_quick_look_is_at_the_first_images_alone(finished):
    finished(evaluate__max_images=12, evaluate__grid_points=[0, 0])
    before = np.load("results/latents.npz")
    evaluate.main()
    after = np.load("results/latents.npz")
    for name in ("label", "loc", "test_rate"):
        assert len(after[name]) == 12
        np.testing.assert_allclose(after[name], before[name][:12], rtol=1e-6)
    classes = pd.read_csv("results/classes.csv")
    assert classes.groupby("split")["images"].sum().to_dict() == {
        "test": 12,
        "train": 12,
    }


def test_each_split_gets_its_elbo_and_the_test_images_all_else(finished, monkeypatch):
    received = {}

    def elbo_columns(vae, images, *, num_samples, seed, split):
        assert (num_samples, seed) == (2, 5)
        received[split] = images
        return {"elbo": len(images)}

    def measure(vae, images, labels, encodings, elbos, **how):
        assert images is received["test"]
        assert elbos == {"train": {"elbo": 34}, "test": {"elbo": 30}}
        raise CutShort

    monkeypatch.setattr(evaluate, "elbo_columns", elbo_columns)
    monkeypatch.setattr(evaluate, "measure", measure)
    with pytest.raises(CutShort):
        evaluate.main()
    data = np.load("data/images.npz")
    for split, images in received.items():
        expected = data[f"{split}_images"].reshape(len(images), -1)
        np.testing.assert_array_equal(images, expected)


def test_values_by_image_have_the_metrics_as_their_means(finished):
    arrays, metrics = np.load("results/latents.npz"), read_metrics()["test"]
    for name in TERMS + TEST_TERMS:
        column = arrays[f"test_{name}"]
        assert column.shape == (30,)
        assert round(float(np.mean(column, dtype=float)), 4) == metrics[name]


def test_history_has_a_row_an_epoch(finished):
    history = pd.read_csv("results/history.csv")
    columns = [f"{split}_{term}" for split in ("train", "validation") for term in TERMS]
    assert list(history) == ["epoch", *columns, "train_loss", "beta"]
    assert list(history["epoch"]) == [1, 2]
    assert np.isfinite(history.to_numpy()).all()
    np.testing.assert_allclose(history["train_loss"], -history["train_elbo"], atol=1e-3)


def test_no_output_names_a_date_a_path_or_a_host(finished):
    for name in OUTPUTS:
        content = Path(name).read_bytes()
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
        (evaluate, "results/model.safetensors", "train"),
        (render, "results/history.csv", "train"),
        (render, "results/latents.npz", "evaluate"),
        (explore, "data/images.npz", "preprocess"),
        (explore, "results/model.safetensors", "train"),
        (explore, "results/latents.npz", "evaluate"),
    ],
)
def test_missing_and_damaged_inputs_are_named_with_what_mends_them(
    finished, stage, path, producer
):
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])
    with pytest.raises(
        PipelineError, match=f"{path}: damaged .*; .*dvc repro {producer}"
    ):
        stage.main()
    Path(path).unlink()
    with pytest.raises(
        PipelineError, match=f"{path}: no such file; .*repro {producer}"
    ):
        stage.main()


@pytest.mark.parametrize("name", ["encoder.hidden_1.bias", "decoder.likelihood.bias"])
def test_weights_that_are_not_finite_are_refused(finished, name):
    weights = load_file("results/model.safetensors")
    weights[name][3] = np.nan
    Path("results/model.safetensors").write_bytes(save(weights))
    before = Path("results/metrics.json").read_bytes()
    with pytest.raises(PipelineError, match=rf"damaged \({name} is not finite\)"):
        evaluate.main()
    assert Path("results/metrics.json").read_bytes() == before


def test_weights_of_another_shape_are_refused(finished):
    finished(model__latent_dim=4)
    with pytest.raises(
        PipelineError, match=r"model.safetensors: damaged \(weights of another"
    ):
        evaluate.main()


def test_a_bug_in_loading_weights_keeps_its_traceback(finished, monkeypatch):
    monkeypatch.setattr(evaluate.VAE, "load_weights", lambda vae, weights: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluate.main()


@pytest.mark.parametrize("stage", [train, evaluate])
def test_images_of_another_type_are_refused(finished, stage):
    data = dict(np.load("data/images.npz"))
    np.savez("data/images.npz", **data | {"train_images": data["train_images"] / 255})
    message = "train_images is float64 of shape .*, expected uint8 train height width"
    with pytest.raises(PipelineError, match=message):
        stage.main()


def test_files_of_another_dataset_are_refused(tiny):
    tiny(download__dataset="kmnist")
    message = "^data/verified: received mnist, expected kmnist as params.yaml says; .*"
    with pytest.raises(PipelineError, match=f"{message}make it with: dvc repro downl"):
        preprocess.main()


def test_images_and_labels_must_agree_in_number(tiny):
    path = Path("data/verified/train-labels-idx1-ubyte")
    path.write_bytes(format_idx(np.zeros(40, np.uint8)))
    with pytest.raises(PipelineError, match="received 41 images and 40 labels"):
        preprocess.main()


def test_test_images_of_another_size_are_refused(tiny):
    path = Path("data/verified/t10k-images-idx3-ubyte")
    path.write_bytes(format_idx(np.zeros((30, 6, 5), np.uint8)))
    message = r"training images of \(6, 4\) pixels and test images of \(6, 5\)"
    with pytest.raises(PipelineError, match=message):
        preprocess.main()


def test_labels_in_place_of_images_are_refused(tiny):
    path = Path("data/verified/train-images-idx3-ubyte")
    path.write_bytes(format_idx(np.zeros(41, np.uint8)))
    with pytest.raises(PipelineError, match=r"damaged \(1 dimensions, expected 3\)"):
        preprocess.main()


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


def run_check(*options):
    command = [sys.executable, *options, check.__file__]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_check_says_the_same_of_all_that_is_right(tiny):
    said = set()
    for epochs in (2, 3):
        tiny(train__epochs=epochs)
        assert run_check().returncode == 0
        said.add(Path("data/checked").read_bytes())
    assert len(said) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__epochs": 0}, "train.epochs: received 0;"),
        (
            {"download__dataset": "emnist"},
            "download.dataset: received 'emnist'; allowed: mnist, fashion_mnist, ",
        ),
        ({"train__batch_size": 60_000}, "received 60000; allowed: at most 59993,"),
        (
            {"model__hidden_units": [10_000] * 100, "train__num_samples": 1000},
            "training needs more than 349 GB of memory, this machine has ",
        ),
        ({"preprocess__validation_images": 60_000}, "allowed: at most 59990, so"),
    ],
)
def test_check_ends_in_one_line_with_status_1(tiny, changes, message):
    tiny(**changes)
    result = run_check()
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: params.yaml: ") and message in line
    assert not Path("data/checked").exists()


def test_check_names_a_package_that_this_python_lacks(tiny):
    result = run_check("-S")  # as a Python outside the environment
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and line.endswith(". .venv/bin/activate")


def test_each_parameter_reaches_the_trainer(tiny):
    tiny(
        train__objective="capacity",
        train__num_samples=3,
        train__batch_size=5,
        train__schedule="constant",
        train__gamma=7.0,
    )
    images = raw_images("train")
    data = {"train_images": images, "validation_images": images[:7]}
    trainer = train.make_trainer(read_params(), data)
    assert (trainer.num_samples, trainer.batch_size, trainer.seed) == (3, 5, 4)
    assert trainer.objective == Capacity(gamma=7.0, capacity=2.0, capacity_epochs=2)
    assert trainer.dynamic is False
    assert float(trainer.optimizer.learning_rate) == np.float32(0.01)
    output = trainer.vae.decoder.layers[-1].bias
    mean = trainer.vae.likelihood.mean(output.value)
    np.testing.assert_allclose(mean, images.reshape(41, -1).mean(0) / 255, rtol=1e-4)
    grey = train.make_trainer(read_params(), data | {"train_grey": 255 - images})
    assert grey.dynamic is True
    np.testing.assert_array_equal(grey.images, 255 - images.reshape(41, -1))


class CutShort(BaseException):
    """Stands for whatever ends a process."""


def train_until(epoch, monkeypatch):
    """Train, and end when the state after this epoch is saved."""

    def save_and_end(path, key, state):
        save_state(path, key, state)
        if len(state.history) == epoch:
            raise CutShort

    with monkeypatch.context() as patch:
        patch.setattr(train, "save_state", save_and_end)
        with pytest.raises(CutShort):
            train.main()
    assert Path(".state/train").exists()


def trained():
    """Train; what that writes."""
    train.main()
    assert not Path(".state").exists()
    return contents(TRAINED)


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_run_cut_short_goes_on_to_the_same_bits(
    finished, outputs, monkeypatch, capsys, epoch
):
    train_until(epoch, monkeypatch)
    capsys.readouterr()
    assert trained().items() <= outputs.items()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"going on after epoch {epoch}, where a run was cut short"
    assert len(lines) == 2 + 2 - epoch


def test_a_link_in_place_of_the_folder_of_states_stays(finished, tmp_path, monkeypatch):
    def fit(trainer, num_epochs, key):
        save_state(train.STATE, key, State([], {}))
        return [{"epoch": 1}]

    monkeypatch.setattr(train, "fit", fit)
    (tmp_path / "elsewhere").mkdir()
    Path(".state").symlink_to(tmp_path / "elsewhere")
    train.main()
    assert Path(".state").is_symlink() and list(Path(".state").iterdir()) == []


@pytest.mark.parametrize("problem", ["of another configuration", "damaged"])
def test_a_run_does_not_go_on_from_another_state(
    finished, outputs, monkeypatch, capsys, problem
):
    def save_and_end(trainer, num_epochs, key):
        save_state(train.STATE, key, State([{"epoch": 1}], {}))
        raise CutShort

    finished(train__learning_rate=0.02)
    with monkeypatch.context() as patch:
        patch.setattr(train, "fit", save_and_end)
        with pytest.raises(CutShort):
            train.main()
    finished()
    if problem == "damaged":
        train.STATE.write_bytes(train.STATE.read_bytes()[:-1])
    assert trained().items() <= outputs.items()
    said = capsys.readouterr().out
    assert f".state/train: {problem}; training starts anew" in said


def test_a_value_that_is_not_finite_reaches_no_table():
    measures = Measures({"test": {"elbo": np.array([1.0, np.nan])}}, {"test": {}}, {})
    with pytest.raises(PipelineError, match="the elbo of 1 test images is not finite"):
        evaluate.tables(measures, {"test": np.arange(2)}, np.array(CLASSES))


def test_a_grid_that_does_not_do_is_reported(capsys):
    test = {"elbo": -2.0, "log_evidence": -1.0, "pseudo_likelihood": False}
    evaluate.report({"train": test, "test": test | {"log_evidence_grid_change": 0.25}})
    said = capsys.readouterr().out
    assert "test: ELBO -2.00, log p(x) -1.00 nats per image\n" in said
    assert "narrower grid changes it by 0.2500" in said
    evaluate.report(
        {"train": test, "test": test | {"log_evidence_grid_change": 0.0005}}
    )
    assert "grid" not in capsys.readouterr().out
