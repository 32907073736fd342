"""After a stage is killed or interrupted, the next run ends in the same bits.

Each stage is killed once. `python checks/kill.py 50` kills at more random moments.
"""

import random
import shutil
import signal

import pytest

import kill
from clones import change_params
from conftest import make_small_clone

RAW = kill.ROOT / "data/verified"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Yield folder, log and hashes of a finished pipeline, and seconds by stage."""
    temporary = tmp_path_factory.mktemp("kill")
    # With its 59,500 validation images, an epoch can be interrupted.
    changes = {"model__latent_dim": 1, "train__epochs": 8}
    folder = make_small_clone(temporary / "clone", **changes)
    log = temporary / "log"
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
