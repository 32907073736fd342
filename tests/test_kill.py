"""After a stage is killed or interrupted, the next run ends in the same bits.

Each stage is killed once, at a random moment.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from clones import change_params, environment, file_hashes, repair_locks
from conftest import ROOT, make_small_clone

pytestmark = pytest.mark.long

RAW = ROOT / "data/verified"
SECONDS = {"train": 12, "evaluate": 8}  # of the stages that take more than two
STAGES = list(yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"])


def output_hashes(folder):
    """Return the SHA-256 of all files in data/ and results/, by path."""
    # A killed DVC leaves hidden temporary files.
    hashes = file_hashes(folder, ["data", "results"])
    return {p: hashes[p] for p in hashes if not Path(p).name.startswith(".")}


def start_repro(folder, log, *options):
    """Start `dvc repro` in a new session; append its output to a log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            ["dvc", "repro", "--no-run-cache", *options],  # computes every output
            cwd=folder,
            env=environment(),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Yield folder, log and hashes of a finished pipeline."""
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
        assert start_repro(folder, log).wait() == 0, log.read_text()
        raw = shutil.copytree(folder / "data/verified", temporary / "raw")
        patch.setenv("VAE_DATA_DIR", str(raw))
        yield folder, log, output_hashes(folder)
    signal.signal(signal.SIGINT, previous)


def kill_and_compare(pipeline, stage, moment, after, by=signal.SIGKILL):
    """Kill all processes of a stage, finish the run, and return all its output.

    They get the signal `moment` seconds after the run has printed `after`.
    """
    folder, log, expected = pipeline
    log.write_bytes(b"")
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    del lock["stages"][stage]  # so that it runs again
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    run = start_repro(folder, log, "--single-item", stage)
    while after not in log.read_text() and run.poll() is None:
        time.sleep(0.01)
    time.sleep(moment)
    if run.poll() is None:
        os.killpg(run.pid, by)
    run.wait()
    repair_locks(folder)
    status = start_repro(folder, log).wait()
    printed = log.read_text()
    details = f"{stage} killed {moment:.3f} s after {after}\n{printed}"
    assert status == 0, details
    assert output_hashes(folder) == expected, details
    assert not list(folder.glob(".state/training/*")), details  # nothing unfinished
    assert "is cached" not in printed, details  # the stage itself ran
    return printed


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_stage_ends_in_the_same_bits(pipeline, stage):
    moment = random.uniform(0, SECONDS.get(stage, 2))
    kill_and_compare(pipeline, stage, moment, f"stages/{stage}.py")


def test_an_interrupted_training_resumes_to_the_same_bits(pipeline):
    moment = random.uniform(0, 0.2)
    printed = kill_and_compare(pipeline, "train", moment, "epoch 2/", signal.SIGINT)
    assert "\ninterrupted\n" in printed and "Traceback" not in printed
    assert "continuing after epoch " in printed


def test_a_wrong_parameter_deletes_no_output(pipeline):
    folder, log, expected = pipeline
    params = folder / "params.yaml"
    right = params.read_text()
    log.write_bytes(b"")
    change_params(params, {"train.epochs": 0, "preprocess.seed": 2})
    assert start_repro(folder, log).wait() != 0
    assert "error: params.yaml: train.epochs: received 0;" in log.read_text()
    assert output_hashes(folder) == expected
    params.write_text(right)
    assert start_repro(folder, log).wait() == 0, log.read_text()
