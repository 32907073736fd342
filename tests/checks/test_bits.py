"""Outputs have the recorded bits on any CPU, with any number of threads and cores.

`make record` writes the record with one thread on one core.
"""

import json
import platform
import subprocess
from itertools import product
from pathlib import Path

import pytest

import bits
from bits import choices
from vae.pipeline.params import read_params
from vae.pipeline.schema import Model, Preprocess, Train

# SHA-256 by configuration and output. Bits that depend on threads or cores would differ
# between one thread on one core and many threads, so two cases suffice.
RECORDED = {
    name: hashes
    for line in Path(__file__).with_name("bits.jsonl").read_text().splitlines()
    for name, hashes in json.loads(line).items()
}
MANY_THREADS = ["env", "TF_NUM_INTRAOP_THREADS=8", "OMP_NUM_THREADS=8"]


@pytest.mark.long
@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="only for x86-64 CPUs"
)
def test_every_output_has_the_recorded_hash():
    try:
        hashes = bits.run_bits(MANY_THREADS, [*RECORDED])
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr)
    for name, recorded in RECORDED.items():
        assert set(hashes[name]) == set(bits.OUTPUTS)
        assert hashes[name] == recorded, name


def test_configurations_cover_every_choice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    likelihoods, objectives = choices(Model, "likelihood"), choices(Train, "objective")
    shipped, completed = bits.CONFIGURATIONS, bits.add_missing_pairs({"default": {}})
    assert len(completed) == len(likelihoods) * len(objectives)
    for configurations in (completed, shipped):
        monkeypatch.setattr(bits, "CONFIGURATIONS", configurations)
        run = []
        for name in configurations:
            bits.write_params(name)
            run.append(read_params())
        pairs = {(params.model.likelihood, params.train.objective) for params in run}
        assert pairs == set(product(likelihoods, objectives))
    binarizations = {params.preprocess.binarization for params in run}
    assert binarizations == set(choices(Preprocess, "binarization"))
    for name in ("activation", "prior"):
        assert {getattr(c.model, name) for c in run} == set(choices(Model, name))
    assert {params.train.schedule for params in run} == set(choices(Train, "schedule"))
    assert any(params.train.beta_warmup_epochs for params in run)
    gaussian = [c.model for c in run if c.model.likelihood == "gaussian"]
    assert {"learned", 0.1} <= {model.gaussian_scale for model in gaussian}


def test_differing_outputs_are_named():
    native = {"weights": "00", "metrics": "11"}
    assert bits.verdict(native, native) == "equal"
    assert bits.verdict(native | {"metrics": "12"}, native) == "differs: metrics"


def test_a_missing_emulator_is_named_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="qemu-x86_64.* apt-get install qemu-user"):
        bits.compare_cpus([])
