"""Stages that are killed or interrupted: the next run ends in the same bits.

`python tools/kill.py 50` does so at random moments of the whole pipeline; here each
stage has its turn.
"""

import random
import shutil
import signal
from pathlib import Path

import pytest
import yaml

import kill

ROOT = Path(__file__).parent.parent
RAW = ROOT / "data/raw"
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
        assert kill.repro(folder, log).wait() == 0, log.read_text()
        raw = shutil.copytree(folder / "data/raw", temporary / "raw")
        patch.setenv("VAE_MNIST_DIR", str(raw))
        seconds = kill.stage_seconds(folder, log)
        yield folder, log, kill.output_hashes(folder), seconds


def kill_and_compare(pipeline, stage, moment, **kwargs):
    """Kill a run of the pipeline, and finish it; all that was printed meanwhile."""
    folder, log, expected, _ = pipeline
    ended_well = kill.kill_once(folder, log, stage, moment, **kwargs)
    printed = log.read_text()
    told = f"{stage} killed after {moment:.3f} s: {kwargs}\n{printed}"
    assert ended_well, told
    assert kill.output_hashes(folder) == expected, told
    assert not (folder / ".state").exists(), told
    assert "is cached" not in printed, told  # the stage itself ran
    return printed


@pytest.mark.parametrize("stage", kill.STAGES)
def test_a_killed_stage_ends_in_the_same_bits(pipeline, stage):
    moment = random.uniform(0, 0.5) * pipeline[-1][stage]
    kill_and_compare(pipeline, stage, moment, after=kill.script(stage))


def test_an_interrupted_training_goes_on_to_the_same_bits(pipeline):
    moment = random.uniform(0, 0.2)
    printed = kill_and_compare(
        pipeline, "train", moment, after="epoch 3/", by=signal.SIGINT
    )
    assert "\ninterrupted\n" in printed
    assert "going on after epoch " in printed
    assert "Traceback" not in printed
