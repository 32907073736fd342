"""The same bits as on record, whatever the CPU and the number of threads and cores.

`make record` writes the record, with one thread on one core.
"""

import itertools
import json
import platform
import subprocess
from pathlib import Path
from typing import get_args

import pytest

import bits
from vae.pipeline.params import read_params
from vae.pipeline.schema import Model, Preprocess, Train

# SHA-256 by configuration and output. Bits that hang on threads or on cores differ
# between one thread on one core and many: no third is needed.
RECORDED = {
    name: hashes
    for line in Path(__file__).with_name("bits.jsonl").read_text().splitlines()
    for name, hashes in json.loads(line).items()
}
MANY_THREADS = ["env", "TF_NUM_INTRAOP_THREADS=8", "OMP_NUM_THREADS=8"]


@pytest.fixture(scope="module")
def hashes():
    """Those of a run with many threads."""
    try:
        return bits.run_bits(MANY_THREADS, [*RECORDED])
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr)


@pytest.mark.long
@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="promised for x86-64"
)
@pytest.mark.parametrize("configuration", RECORDED)
def test_every_output_has_the_bits_on_record(hashes, configuration):
    assert set(hashes[configuration]) == set(bits.OUTPUTS)
    assert hashes[configuration] == RECORDED[configuration]


def allowed(section, name):
    """The words that a parameter may be."""
    return set(get_args(section.model_fields[name].annotation))


def test_configurations_run_every_combination(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = {}
    for name in bits.CONFIGURATIONS:
        bits.write_params(name)
        run[name] = read_params()
    models, trainings = [c.model for c in run.values()], [c.train for c in run.values()]
    likelihoods, objectives = allowed(Model, "likelihood"), allowed(Train, "objective")
    assert {run[name].model.likelihood for name in RECORDED} == likelihoods
    assert {run[name].train.objective for name in RECORDED} == objectives
    pairs = {(c.model.likelihood, c.train.objective) for c in run.values()}
    assert pairs == set(itertools.product(likelihoods, objectives))
    binarizations = {c.preprocess.binarization for c in run.values()}
    assert binarizations == allowed(Preprocess, "binarization")
    assert {model.activation for model in models} == allowed(Model, "activation")
    assert {model.prior for model in models} == allowed(Model, "prior")
    assert {train.schedule for train in trainings} == allowed(Train, "schedule")
    assert any(train.beta_warmup_epochs for train in trainings)
    scales = {m.gaussian_scale for m in models if m.likelihood == "gaussian"}
    assert "learned" in scales and len(scales) > 1


def test_outputs_that_differ_are_named():
    native = {"weights": "00", "metrics": "11"}
    assert bits.verdict(native, native) == "equal"
    assert bits.verdict(native | {"metrics": "12"}, native) == "differs: metrics"


def test_a_missing_emulator_is_named_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="qemu-x86_64.* apt-get install qemu-user"):
        bits.compare_cpus([])
