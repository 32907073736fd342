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
def trained(tmp_path_factory):
    """The input of a training, and what it writes."""
    folder = tmp_path_factory.mktemp("trained")
    make_project(folder)
    with chdir(folder):
        write_params()
        preprocess.main()
        return train.DATA.read_bytes(), run_train()


@pytest.fixture
def ready(tiny, trained):
    """A tiny project that is to be trained, and what that will write."""
    data, outputs = trained
    train.DATA.write_bytes(data)
    return tiny, outputs


def test_each_parameter_reaches_the_trainer(tiny):
    tiny(
        train__objective="capacity",
        train__num_samples=3,
        train__batch_size=5,
        train__schedule="constant",
        train__gamma=7.0,
    )
    images = np.random.default_rng(0).integers(256, size=(41, 6, 4), dtype=np.uint8)
    grey = {"train_grey": 255 - images, "binarization": np.array("dynamic")}
    data = {
        "train_images": images,
        "validation_images": images[:7],
        "binarization": np.array("none"),
    }
    trainer = train.make_trainer(read_params(), data)
    assert trainer.recipe == Recipe(
        num_samples=3,
        epochs=2,
        batch_size=5,
        learning_rate=0.01,
        schedule="constant",
        seed=4,
    )
    assert trainer.objective == Capacity(gamma=7.0, capacity=2.0, capacity_epochs=2)
    assert not trainer.dynamic
    assert float(trainer.optimizer.learning_rate) == np.float32(0.01)
    output = trainer.vae.decoder.layers[-1].bias
    mean = trainer.vae.likelihood.mean(output.value)
    np.testing.assert_allclose(mean, images.reshape(41, -1).mean(0) / 255, rtol=1e-4)
    trainer = train.make_trainer(read_params(), data | grey)
    assert trainer.dynamic
    np.testing.assert_array_equal(trainer.images, 255 - images.reshape(41, -1))


class CutShort(BaseException):
    """Stands for whatever ends a process."""


def cut_short_after(epoch, monkeypatch):
    """Train until the state after this epoch is saved."""

    def save_and_end(path, key, state):
        save_state(path, key, state)
        if len(state.history) == epoch:
            raise CutShort

    with monkeypatch.context() as patch:
        patch.setattr(train, "save_state", save_and_end)
        with pytest.raises(CutShort):
            train.main()
    assert train.STATE.exists()


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_run_cut_short_goes_on_to_the_same_bits(ready, monkeypatch, capsys, epoch):
    cut_short_after(epoch, monkeypatch)
    capsys.readouterr()
    assert run_train() == ready[1]
    assert not train.STATE.parent.exists()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"going on after epoch {epoch}, where a run was cut short"
    assert len(lines) == 2 + 2 - epoch


@pytest.mark.parametrize("problem", ["of another configuration", "damaged"])
def test_a_run_does_not_go_on_from_another_state(ready, monkeypatch, capsys, problem):
    def save_and_end(trainer, num_epochs, key):
        save_state(train.STATE, key, State([{"epoch": 1}], {}))
        raise CutShort

    write_params, outputs = ready
    write_params(train__learning_rate=0.02)
    with monkeypatch.context() as patch:
        patch.setattr(train, "fit", save_and_end)
        with pytest.raises(CutShort):
            train.main()
    write_params()
    if problem == "damaged":
        train.STATE.write_bytes(train.STATE.read_bytes()[:-1])
    assert run_train() == outputs
    said = capsys.readouterr().out
    assert f".state/train: {problem}; training starts anew" in said


def test_a_link_in_place_of_the_folder_of_states_stays(ready, tmp_path, monkeypatch):
    def fit(trainer, num_epochs, key):
        save_state(train.STATE, key, State([], {}))
        return [{"epoch": 1}]

    monkeypatch.setattr(train, "fit", fit)
    (tmp_path / "elsewhere").mkdir()
    Path(".state").symlink_to(tmp_path / "elsewhere")
    train.main()
    assert Path(".state").is_symlink() and list(Path(".state").iterdir()) == []
