"""What reaches the trainer, and runs that are cut short."""

from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest

import preprocess
import train
from conftest import make_project, write_params
from vae.objectives import Capacity
from vae.pipeline.checkpoint import State, save_state
from vae.pipeline.params import read_params
from vae.training import Recipe

OUTPUTS = ["model.json", "model.safetensors", "history.csv"]


def run_train():
    """Train; return what that writes."""
    train.main()
    return {name: Path("results", name).read_bytes() for name in OUTPUTS}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What a training of a tiny project writes."""
    make_project(folder := tmp_path_factory.mktemp("trained"))
    with chdir(folder):
        write_params()
        preprocess.main()
        return run_train()


@pytest.fixture
def ready(tiny):
    """A tiny project that is to be trained."""
    preprocess.main()


def test_each_parameter_reaches_the_trainer(tiny):
    recipe = {"num_samples": 3, "batch_size": 5, "schedule": "constant"}
    objective = {"objective": "capacity", "gamma": 7.0}
    tiny(**{f"train__{name}": x for name, x in (recipe | objective).items()})
    images = np.random.default_rng(0).integers(256, size=(41, 6, 4), dtype=np.uint8)
    data = {"train_images": images, "validation_images": images[:7]}
    data["binarization"] = np.array("none")
    trainer = train.make_trainer(read_params(), data)
    assert trainer.recipe == Recipe(epochs=2, learning_rate=0.01, seed=4, **recipe)
    assert trainer.objective == Capacity(gamma=7.0, capacity=2.0, capacity_epochs=2)
    assert not trainer.dynamic
    assert float(trainer.optimizer.learning_rate) == np.float32(0.01)
    output = trainer.vae.decoder.layers[-1].bias
    mean = trainer.vae.likelihood.mean(output.value)
    np.testing.assert_allclose(mean, images.reshape(41, -1).mean(0) / 255, rtol=1e-4)
    grey = {"train_grey": 255 - images, "binarization": np.array("dynamic")}
    trainer = train.make_trainer(read_params(), data | grey)
    assert trainer.dynamic
    np.testing.assert_array_equal(trainer.images, 255 - images.reshape(41, -1))


class CutShort(BaseException):
    """Stands for whatever ends a process."""


def test_a_run_cut_short_goes_on_to_the_same_bits(ready, outputs, monkeypatch, capsys):
    def save_and_end(path, key, state):
        save_state(path, key, state)
        raise CutShort

    for _ in range(2):  # once after each epoch
        with monkeypatch.context() as patch, pytest.raises(CutShort):
            patch.setattr(train, "save_state", save_and_end)
            train.main()
        assert train.STATE.exists()
    assert run_train() == outputs
    assert not train.STATE.parent.exists()
    said = capsys.readouterr().out
    for epoch in (1, 2):
        assert f"going on after epoch {epoch}, where a run was cut short\n" in said
    assert "epoch 2/2: " not in said  # that was cut short too


def test_a_run_does_not_go_on_from_another_state(ready, outputs, monkeypatch, capsys):
    def save_and_end(trainer, num_epochs, key):
        save_state(train.STATE, key, State([{"epoch": 1}], {}))
        raise CutShort

    write_params(train__learning_rate=0.02)
    with monkeypatch.context() as patch, pytest.raises(CutShort):
        patch.setattr(train, "fit", save_and_end)
        train.main()
    write_params()
    assert run_train() == outputs
    said = capsys.readouterr().out
    assert ".state/train: of another configuration; training starts anew" in said


def test_a_link_in_place_of_the_folder_of_states_stays(ready, tmp_path, monkeypatch):
    def fit(trainer, num_epochs, key):
        save_state(train.STATE, key, State([], {}))
        return [{"epoch": 1}]

    monkeypatch.setattr(train, "fit", fit)
    (tmp_path / "elsewhere").mkdir()
    Path(".state").symlink_to(tmp_path / "elsewhere")
    train.main()
    assert Path(".state").is_symlink() and list(Path(".state").iterdir()) == []
