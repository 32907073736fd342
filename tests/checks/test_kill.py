"""After a stage is killed or interrupted, the next run ends in the same bits.

Each stage is killed once. `python checks/kill.py 50` kills at more random moments.
"""

import random
import shutil
import signal

import pytest

import kill
from clones import change_params, clone

RAW = kill.ROOT / "data/verified"
# Only 500 training images, for short runs. With its 59,500 validation images, an epoch
# still takes long enough to be interrupted.
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
    """Yield folder, log and hashes of a finished pipeline, and seconds by stage."""
    temporary = tmp_path_factory.mktemp("kill")
    folder, log = clone(kill.ROOT, temporary / "clone"), temporary / "log"
    # Test the current code, including uncommitted changes.
    shutil.rmtree(folder / "stages")
    shutil.copytree(kill.ROOT / "stages", folder / "stages")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(kill.ROOT / name, folder)
    change_params(folder / "params.yaml", SMALL)
    # Background processes inherit an ignored SIGINT.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        if (RAW / "train-images-idx3-ubyte").exists():  # needs no network
            patch.setenv("VAE_DATA_DIR", str(RAW))
        seconds = kill.stage_seconds(folder, log)
        raw = shutil.copytree(folder / "data/verified", temporary / "raw")
        patch.setenv("VAE_DATA_DIR", str(raw))
        yield folder, log, kill.output_hashes(folder), seconds
    signal.signal(signal.SIGINT, previous)


def kill_and_compare(pipeline, stage, moment, **kwargs):
    """Kill a run of the pipeline, finish it, and return all its output."""
    folder, log, expected, _ = pipeline
    succeeded = kill.kill_once(folder, log, stage, moment, **kwargs)
    printed = log.read_text()
    details = f"{stage} killed after {moment:.3f} s: {kwargs}\n{printed}"
    assert succeeded, details
    assert kill.output_hashes(folder) == expected, details
    assert not list(folder.glob(".state/training/*-*")), details  # nothing unfinished
    assert "is cached" not in printed, details  # the stage itself ran
    return printed


@pytest.mark.long
@pytest.mark.parametrize("stage", kill.STAGES)
def test_a_killed_stage_ends_in_the_same_bits(pipeline, stage):
    moment = random.uniform(0, 0.5) * pipeline[-1][stage]
    kill_and_compare(pipeline, stage, moment, after=f"stages/{stage}.py")


@pytest.mark.long
def test_an_interrupted_training_resumes_to_the_same_bits(pipeline):
    how = {"after": "epoch 2/", "by": signal.SIGINT}
    printed = kill_and_compare(pipeline, "train", random.uniform(0, 0.2), **how)
    assert "\ninterrupted\n" in printed and "Traceback" not in printed
    assert "continuing after epoch " in printed


@pytest.mark.long
def test_a_wrong_parameter_deletes_no_output(pipeline):
    folder, log, expected, _ = pipeline
    params = folder / "params.yaml"
    right = params.read_text()
    log.write_bytes(b"")
    change_params(params, {"train.epochs": 0, "preprocess.seed": 2})
    assert kill.start_repro(folder, log).wait() != 0
    assert "error: params.yaml: train.epochs: received 0;" in log.read_text()
    assert kill.output_hashes(folder) == expected
    params.write_text(right)
    assert kill.start_repro(folder, log).wait() == 0, log.read_text()


def test_all_outputs_except_hidden_files_are_hashed(tmp_path):
    for name in ("data/verified/a", "results/b", "results/.c", "d"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list(kill.output_hashes(tmp_path)) == ["data/verified/a", "results/b"]
