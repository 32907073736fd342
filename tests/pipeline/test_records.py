"""Later stages detect an edit that DVC recorded although the stage ran without it."""

import hashlib
import sys
from pathlib import Path

import pytest
import yaml

import train
from conftest import TINY
from vae.pipeline.errors import PipelineError
from vae.pipeline.records import check_records
from vae.pipeline.stage import Stage, hash_inputs

RECORD = Path("data/params/train.json")


@pytest.fixture
def record(tiny, monkeypatch):
    """Run `train`; return a function that writes a `dvc.lock` with other parameters."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # `begin` replaces it
    monkeypatch.setattr(sys, "argv", ["stages/evaluate.py"])
    monkeypatch.setattr(train.stage, "inputs", hash_inputs("train"))
    train.stage.write({Path("results/output"): b"output"})
    md5 = hashlib.md5(RECORD.read_bytes()).hexdigest()

    def record(changes, md5=md5):
        sections = {"model": TINY["model"], "train": changes}
        outs = [{"path": str(RECORD), "md5": md5}]
        entry = {"params": {"params.yaml": sections}, "outs": outs}
        Path("dvc.lock").write_text(yaml.safe_dump({"stages": {"train": entry}}))

    return record


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (TINY["train"] | {"beta": 5}, "train.beta is 5, but train ran with 1.0"),
        (None, "train.batch_size is None, but train ran with 8"),  # an unfinished edit
    ],
)
def test_a_parameter_that_differs_from_the_record_is_named(record, changes, message):
    record(changes)
    mend = "run it again: dvc repro --force --single-item train$"
    for stage in ("evaluate", "explore", "check"):
        with pytest.raises(PipelineError, match=f"^dvc.lock: {message}, as .*; {mend}"):
            check_records(stage)
    for stage in ("preprocess", "train"):  # the stages to run again
        check_records(stage)
    with pytest.raises(PipelineError, match=f"^dvc.lock: {message}"):
        Stage("evaluate").begin()


def test_recorded_runs_and_unrecorded_stages_pass(record):
    check_records("evaluate")  # nothing is recorded
    record(TINY["train"])
    check_records("evaluate")
    record(TINY["train"] | {"beta": 5}, md5="of another run")
    check_records("check")
    RECORD.unlink()
    check_records("evaluate")
