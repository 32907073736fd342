"""Stages that are killed or interrupted: the next run ends in the same bits.

`python tools/kill.py 50` does so at random moments of the whole pipeline; here each
stage has its turn.
"""

import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

import kill

ROOT = Path(__file__).parent.parent
RAW = ROOT / "data/raw"
STAGES = ["download", "preprocess", "train", "evaluate", "render"]
# Of 1000 training images, so that little is left but what each process loads.
SMALLER = {
    "preprocess": {"validation_images": 59_000},
    "train": {"epochs": 20, "batch_size": 100},
}


@pytest.fixture(scope="module")
def interruptible():
    """Ctrl-C has its usual meaning, which processes in the background inherit not."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory, interruptible):
    """Folder, log and hashes of a finished pipeline; the seconds of each stage."""
    temporary = tmp_path_factory.mktemp("kill")
    folder, log = kill.clone(ROOT, temporary / "clone"), temporary / "log"
    # The code as it stands, committed or not.
    shutil.rmtree(folder / "stages")
    shutil.copytree(ROOT / "stages", folder / "stages")
    shutil.copy(ROOT / "dvc.yaml", folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    for section, changes in SMALLER.items():
        params[section] |= changes
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    with pytest.MonkeyPatch.context() as patch:
        if (RAW / "train-images-idx3-ubyte").exists():  # no index need be asked
            patch.setenv("VAE_MNIST_DIR", str(RAW))
        run, starts = kill.repro(folder, log), []
        for stage in STAGES:
            while f"stages/{stage}.py" not in log.read_text() and run.poll() is None:
                time.sleep(0.01)
            starts.append(time.monotonic())
        assert run.wait() == 0, log.read_text()
        ends = [*starts[1:], time.monotonic()]
        seconds = dict(zip(STAGES, np.subtract(ends, starts), strict=True))
        raw = shutil.copytree(folder / "data/raw", temporary / "raw")
        patch.setenv("VAE_MNIST_DIR", str(raw))
        yield folder, log, kill.output_hashes(folder), seconds


def kill_and_compare(pipeline, moment, **kwargs):
    """Kill a run of the pipeline, and finish it; all that was printed meanwhile."""
    folder, log, expected, _ = pipeline
    ended_well, _ = kill.kill_once(folder, log, moment, **kwargs)
    printed = log.read_text()
    told = f"killed after {moment:.3f} s: {kwargs}\n{printed}"
    assert ended_well, told
    assert kill.output_hashes(folder) == expected, told
    assert not (folder / ".state").exists(), told
    assert "is cached" not in printed, told  # the stage itself ran
    return printed


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_stage_ends_in_the_same_bits(pipeline, stage):
    moment = random.uniform(0, 0.5) * pipeline[-1][stage]
    after = f"stages/{stage}.py"
    kill_and_compare(pipeline, moment, stage=stage, after=after)


def test_an_interrupted_training_goes_on_to_the_same_bits(pipeline):
    moment = random.uniform(0, 0.2)
    printed = kill_and_compare(
        pipeline, moment, stage="train", after="epoch 3/", by=signal.SIGINT
    )
    assert "\ninterrupted\n" in printed
    assert "going on after epoch " in printed
    assert "Traceback" not in printed
