"""Each stage on a tiny project, from files to files."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save

import evaluate
import preprocess
import render
import train
from vae.checkpoint import save_state
from vae.errors import PipelineError
from vae.data.idx import format_idx
from vae.objectives import Capacity
from vae.params import read_params
from vae.evaluation.summary import by_digit, check_finite, mean_and_error

OUTPUTS = [
    "data/mnist.npz",
    "results/model.safetensors",
    "results/history.csv",
    "results/metrics.json",
    "results/digits.csv",
    "results/latents.npz",
    "results/encodings.png",
    "results/history.png",
    "results/reconstruction.png",
    "results/figures/bound.png",
    "results/figures/rate.png",
    "results/figures/samples.png",
    "results/figures/traversals.png",
]
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
    for stage in (preprocess, train, evaluate, render):
        stage.main()


def run_all():
    run_stages()
    return {
        name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in OUTPUTS
    }


def read_metrics():
    return json.loads(Path("results/metrics.json").read_text())


def raw_images(prefix):
    content = Path(f"data/raw/{prefix}-images-idx3-ubyte").read_bytes()
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 6, 4)


@pytest.fixture(scope="session")
def outputs():
    """Outputs of one run, kept for the tests that look at them."""
    return {}


@pytest.fixture
def finished(tiny, outputs):
    """A tiny project whose stages have all run."""
    if not outputs:
        run_all()
        outputs |= {name: Path(name).read_bytes() for name in OUTPUTS}
    Path("results/figures").mkdir(exist_ok=True)
    for name, content in outputs.items():
        Path(name).write_bytes(content)
    return tiny


def test_two_runs_give_the_same_bytes(tiny):
    assert run_all() == run_all()


@pytest.mark.parametrize(
    ("latent_dim", "own_figures"),
    [(1, set()), (2, {"rate", "manifold", "posteriors"}), (12, {"rate", "traversals"})],
)
def test_any_number_of_latent_dimensions_runs_through(tiny, latent_dim, own_figures):
    tiny(model__latent_dim=latent_dim, model__hidden_units=[5])
    Path("results/figures").mkdir()
    Path("results/figures/stale.png").touch()
    run_stages()
    weights = load_file("results/model.safetensors")
    assert weights["encoder.posterior.kernel"].shape == (5, 2 * latent_dim)
    figures = {path.stem for path in Path("results/figures").iterdir()}
    assert figures == {"bound", "samples"} | own_figures
    assert ("log_evidence" in read_metrics()["test"]) == (latent_dim <= 2)


@pytest.mark.parametrize("objective", ["elbo", "capacity", "iwae"])
@pytest.mark.parametrize(
    ("likelihood", "binarization"),
    [
        ("bernoulli", "none"),
        ("bernoulli", "static"),
        ("continuous_bernoulli", "none"),
        ("gaussian", "none"),
    ],
)
def test_every_likelihood_runs_with_every_objective(
    tiny, capsys, objective, likelihood, binarization
):
    tiny(
        model__likelihood=likelihood,
        model__latent_dim=2,
        preprocess__binarization=binarization,
        train__objective=objective,
        train__num_samples=3,
    )
    run_stages()
    metrics = read_metrics()
    pseudo = (likelihood, binarization) == ("bernoulli", "none")
    assert capsys.readouterr().out.count("pseudo-likelihood: this model") == 2 * pseudo
    assert metrics["train"]["pseudo_likelihood"] is pseudo
    assert metrics["test"]["pseudo_likelihood"] is pseudo
    # Whatever was optimised, these are the true bounds on the same log p(x).
    test = metrics["test"]
    assert test["elbo"] < test["log_evidence"] + 0.5
    assert abs(test["iwae_bound"] - test["log_evidence"]) < 0.5
    varied = {"elbo": ["beta"], "capacity": ["capacity"], "iwae": []}[objective]
    assert list(pd.read_csv("results/history.csv"))[7:] == varied


@pytest.mark.parametrize("binarization", ["none", "threshold", "static", "dynamic"])
def test_binarization(tiny, binarization):
    tiny(preprocess__binarization=binarization)
    preprocess.main()
    data = np.load("data/mnist.npz")
    images = {split: data[f"{split}_images"] for split in SPLITS}
    grey = {
        "train": raw_images("train")[:34],
        "validation": raw_images("train")[34:],
        "test": raw_images("t10k"),
    }
    for split, expected in grey.items():
        received = images[split]
        assert received.shape == expected.shape
        if binarization == "none" or (binarization == "dynamic" and split == "train"):
            np.testing.assert_array_equal(received, expected)
            continue
        assert set(np.unique(received)) == {0, 255}
        if binarization == "threshold":
            np.testing.assert_array_equal(received == 255, expected / 255 > 0.5)
        else:  # drawn: close to the grey values on average
            error = (received / 255 - expected / 255).mean()
            assert abs(error) < 4 * 0.5 / np.sqrt(expected.size)
    train.main()
    evaluate.main()


def test_validation_images_are_the_last_of_the_training_images(tiny):
    preprocess.main()
    labels = {split: np.load("data/mnist.npz")[f"{split}_labels"] for split in SPLITS}
    np.testing.assert_array_equal(labels["train"], np.arange(34) % 10)
    np.testing.assert_array_equal(labels["validation"], np.arange(34, 41) % 10)
    np.testing.assert_array_equal(labels["test"], np.arange(30) % 10)


def test_metrics_are_means_with_standard_errors(finished):
    metrics = read_metrics()
    assert list(metrics) == ["train", "test"]
    averages = {"train": TERMS, "test": TERMS + TEST_TERMS}
    scalars = ["active_units", "pseudo_likelihood"]
    digits = pd.read_csv("results/digits.csv")
    for split, section in metrics.items():
        with_errors = [f"{t}{end}" for t in averages[split] for end in ("", "_se")]
        assert list(section) == with_errors + scalars
        total = section["elbo"] + section["rate"] + section["distortion"]
        assert abs(total) < 2e-4
        rows = digits[digits["split"] == split]
        assert list(rows["digit"]) == list(range(10))
        assert rows["images"].sum() == {"train": 34, "test": 30}[split]
        for term in averages[split]:
            if term == "marginal_kl":
                assert term not in rows
                continue
            mean = np.average(rows[term], weights=rows["images"])
            np.testing.assert_allclose(mean, section[term], atol=2e-4)


def test_standard_errors_are_those_of_the_mean():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    images = pd.DataFrame({"rate": values, "hit": values > 3})
    metrics = mean_and_error(images)
    assert metrics["rate"] == 4.0
    assert metrics["rate_se"] == round(values.std(ddof=1) / 2, 4)
    assert metrics["hit"] == 0.5
    assert metrics["hit_se"] == round(np.sqrt(1 / 3) / 2, 4)
    rows = by_digit(images, np.array([7, 5, 7, 5]))
    assert list(rows["digit"]) == [5, 7] and list(rows["images"]) == [2, 2]
    assert list(rows["rate"]) == [5.5, 2.5]


def test_history_has_a_row_an_epoch(finished):
    history = pd.read_csv("results/history.csv")
    columns = [f"{split}_{term}" for split in ("train", "validation") for term in TERMS]
    assert list(history) == ["epoch", *columns, "beta"]
    assert list(history["epoch"]) == [1, 2]
    assert np.isfinite(history.to_numpy()).all()


def test_training_prints_a_plain_line_an_epoch(tiny, capsys):
    preprocess.main()
    capsys.readouterr()
    train.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2: ELBO train -")


def test_no_output_names_a_date_a_path_or_a_host(finished):
    for name in OUTPUTS:
        content = Path(name).read_bytes()
        assert str(Path.cwd()).encode() not in content
        assert b"matplotlib.org" not in content


@pytest.mark.parametrize(
    ("stage", "path", "producer"),
    [
        (preprocess, "data/raw/train-images-idx3-ubyte", "download"),
        (preprocess, "data/raw/t10k-labels-idx1-ubyte", "download"),
        (train, "data/mnist.npz", "preprocess"),
        (evaluate, "data/mnist.npz", "preprocess"),
        (evaluate, "results/model.safetensors", "train"),
        (render, "results/history.csv", "train"),
        (render, "results/latents.npz", "evaluate"),
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


def test_weights_of_another_shape_are_refused(finished):
    finished(model__latent_dim=4)
    with pytest.raises(
        PipelineError, match=r"model.safetensors: damaged \(weights of another"
    ):
        evaluate.main()


def test_images_and_labels_must_agree_in_number(tiny):
    path = Path("data/raw/train-labels-idx1-ubyte")
    path.write_bytes(format_idx(np.zeros(40, np.uint8)))
    with pytest.raises(PipelineError, match="received 41 images and 40 labels"):
        preprocess.main()


def test_labels_in_place_of_images_are_refused(tiny):
    path = Path("data/raw/train-images-idx3-ubyte")
    path.write_bytes(format_idx(np.zeros(41, np.uint8)))
    with pytest.raises(PipelineError, match="received 1 dimensions, expected 3"):
        preprocess.main()


def test_too_many_validation_images_are_refused(tiny):
    tiny(preprocess__validation_images=41)
    with pytest.raises(PipelineError, match="received 41; allowed: less than 41"):
        preprocess.main()


def test_too_large_a_batch_is_refused_before_anything_is_written(tiny):
    tiny(train__batch_size=35)
    preprocess.main()
    with pytest.raises(PipelineError, match="received 35; allowed: at most 34"):
        train.main()
    assert not Path("results/model.safetensors").exists()


@pytest.mark.parametrize("stage", [preprocess, train, evaluate])
def test_a_mistake_in_any_section_ends_a_stage_in_one_line(tiny, stage):
    tiny(evaluate__num_samples=0)
    result = subprocess.run(
        [sys.executable, stage.__file__], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("error: params.yaml: evaluate.num_samples: received 0;")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["encoder.hidden_1.bias", "decoder.likelihood.bias"])
def test_weights_that_are_not_finite_are_refused(finished, name):
    weights = load_file("results/model.safetensors")
    weights[name][3] = np.nan
    Path("results/model.safetensors").write_bytes(save(weights))
    before = Path("results/metrics.json").read_bytes()
    with pytest.raises(PipelineError, match=rf"damaged \({name} is not finite\)"):
        evaluate.main()
    assert Path("results/metrics.json").read_bytes() == before


def test_what_is_not_finite_is_named():
    table = pd.DataFrame({"elbo": [1.0, 2.0], "rate": [np.nan, np.inf]})
    with pytest.raises(PipelineError, match="the rate of 2 test images is not finite"):
        check_finite(table, "test")


def test_evaluation_sees_binary_training_images_under_dynamic(finished):
    params = read_params()
    images, labels = evaluate.read_splits(params)
    assert set(np.unique(images["train"])) == {0, 255}
    grey = raw_images("train")[:34]
    assert abs(images["train"].mean() - grey.mean()) < 4 * 255 / np.sqrt(grey.size)
    np.testing.assert_array_equal(labels["train"], np.arange(34) % 10)


def test_each_parameter_reaches_the_trainer(tiny):
    tiny(
        preprocess__binarization="static",
        train__objective="capacity",
        train__num_samples=3,
        train__batch_size=5,
        train__schedule="constant",
        train__gamma=7.0,
    )
    images = raw_images("train")
    trainer = train.make_trainer(read_params(), images, images[:7])
    assert (trainer.num_samples, trainer.batch_size, trainer.seed) == (3, 5, 4)
    assert trainer.objective == Capacity(gamma=7.0, capacity=2.0, capacity_epochs=2)
    assert trainer.dynamic is False
    assert float(trainer.optimizer.learning_rate) == np.float32(0.01)
    output = trainer.vae.decoder.layers[-1].bias
    mean = trainer.vae.likelihood.mean(output.value)
    np.testing.assert_allclose(mean, images.reshape(41, -1).mean(0) / 255, rtol=1e-4)
    tiny()
    assert train.make_trainer(read_params(), images, images[:7]).dynamic is True


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
    return [Path(name).read_bytes() for name in OUTPUTS[1:3]]


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_a_run_cut_short_goes_on_to_the_same_bits(finished, monkeypatch, capsys, epoch):
    finished(train__epochs=4)
    unbroken = trained()
    train_until(epoch, monkeypatch)
    capsys.readouterr()
    assert trained() == unbroken
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"going on after epoch {epoch}, where a run was cut short"
    assert len(lines) == 1 + 4 - epoch


def test_a_run_does_not_go_on_from_another_configuration(finished, monkeypatch, capsys):
    finished(train__learning_rate=0.02)
    unbroken = trained()
    finished(train__learning_rate=0.01)
    train_until(1, monkeypatch)
    finished(train__learning_rate=0.02)
    assert trained() == unbroken
    assert "of another configuration; training starts anew" in capsys.readouterr().out


def test_a_run_does_not_go_on_from_a_damaged_state(finished, monkeypatch, capsys):
    unbroken = trained()
    train_until(1, monkeypatch)
    content = Path(".state/train").read_bytes()
    Path(".state/train").write_bytes(content[:-1])
    assert trained() == unbroken
    assert ".state/train: damaged; training starts anew" in capsys.readouterr().out
