"""Stages that are killed or interrupted: the next run ends in the same bits.

`python checks/kill.py 50` does so at random moments of the whole pipeline; here each
stage has its turn.
"""

import random
import shutil
import signal

import pytest

import kill
from clones import change_params, clone

RAW = kill.ROOT / "data/verified"
# Of 500 training images, so that little is left but what each process loads; an epoch,
# with its 59,500 validation images, still takes long enough to be interrupted.
SMALL = {
    "preprocess.validation_images": 59_500,
    "model.latent_dim": 1,
    "model.hidden_units": [8],
    "train.epochs": 8,
    "train.batch_size": 50,
    "evaluate.num_samples": 1,
    "evaluate.proposal": "posterior",
    "evaluate.num_importance_samples": 1,
    "evaluate.grid_points": [9, 9],
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Folder, log and hashes of a finished pipeline; the seconds of each stage."""
    temporary = tmp_path_factory.mktemp("kill")
    folder, log = clone(kill.ROOT, temporary / "clone"), temporary / "log"
    # The code as it stands, committed or not.
    shutil.rmtree(folder / "stages")
    shutil.copytree(kill.ROOT / "stages", folder / "stages")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(kill.ROOT / name, folder)
    change_params(folder / "params.yaml", SMALL)
    # Processes in the background inherit a Ctrl-C without effect.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        if (RAW / "train-images-idx3-ubyte").exists():  # no index need be asked
            patch.setenv("VAE_DATA_DIR", str(RAW))
        seconds = kill.stage_seconds(folder, log)
        raw = shutil.copytree(folder / "data/verified", temporary / "raw")
        patch.setenv("VAE_DATA_DIR", str(raw))
        yield folder, log, kill.output_hashes(folder), seconds
    signal.signal(signal.SIGINT, previous)


def kill_and_compare(pipeline, stage, moment, **kwargs):
    """Kill a run of the pipeline, and finish it; all that was printed meanwhile."""
    folder, log, expected, _ = pipeline
    ended_well = kill.kill_once(folder, log, stage, moment, **kwargs)
    printed = log.read_text()
    told = f"{stage} killed after {moment:.3f} s: {kwargs}\n{printed}"
    assert ended_well, told
    assert kill.output_hashes(folder) == expected, told
    assert not list(folder.glob(".state/training/*-*")), told  # nothing unfinished
    assert "is cached" not in printed, told  # the stage itself ran
    return printed


@pytest.mark.long
@pytest.mark.parametrize("stage", kill.STAGES)
def test_a_killed_stage_ends_in_the_same_bits(pipeline, stage):
    moment = random.uniform(0, 0.5) * pipeline[-1][stage]
    kill_and_compare(pipeline, stage, moment, after=f"stages/{stage}.py")


@pytest.mark.long
def test_an_interrupted_training_goes_on_to_the_same_bits(pipeline):
    how = {"after": "epoch 2/", "by": signal.SIGINT}
    printed = kill_and_compare(pipeline, "train", random.uniform(0, 0.2), **how)
    assert "\ninterrupted\n" in printed and "Traceback" not in printed
    assert "continuing after epoch " in printed


@pytest.mark.long
def test_a_mistake_in_a_parameter_costs_no_output(pipeline):
    folder, log, expected, _ = pipeline
    params = folder / "params.yaml"
    right = params.read_text()
    log.write_bytes(b"")
    change_params(params, {"train.epochs": 0, "preprocess.seed": 2})
    assert kill.repro(folder, log).wait() != 0
    assert "error: params.yaml: train.epochs: received 0;" in log.read_text()
    assert kill.output_hashes(folder) == expected
    params.write_text(right)
    assert kill.repro(folder, log).wait() == 0, log.read_text()


def test_outputs_are_hashed_but_for_hidden_files(tmp_path):
    for name in ("data/verified/a", "results/b", "results/.c", "d"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list(kill.output_hashes(tmp_path)) == ["data/verified/a", "results/b"]
