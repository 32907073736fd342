"""Outputs have the recorded bits on any CPU, with any number of cores.

`make record` uses one core, and one thread in NumPy's libraries; TensorFlow has two.
"""

import json
import platform
from pathlib import Path

import pytest

import bits
from vae.pipeline.params import read_params

RECORDED = {
    name: hashes
    for line in Path(__file__).with_name("bits.jsonl").read_text().splitlines()
    for name, hashes in json.loads(line).items()
}


@pytest.mark.long
@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="only for x86-64 CPUs"
)
def test_every_output_has_the_recorded_hash():
    hashes = bits.run_bits(["env", "OMP_NUM_THREADS=8"], [*RECORDED])
    for name, recorded in RECORDED.items():
        assert set(hashes[name]) == set(bits.OUTPUTS)
        assert hashes[name] == recorded, name


@pytest.mark.parametrize("name", bits.CONFIGURATIONS)
def test_the_parameters_of_each_configuration_are_valid(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    bits.write_params(name)
    assert read_params().train.epochs == 2


def test_differing_outputs_of_an_emulated_cpu_are_named(monkeypatch, capsys):
    native = dict.fromkeys(bits.OUTPUTS, "00")
    found = native | {"results/metrics.json": "11"}
    monkeypatch.setattr(bits, "CPUS", ["A", "B"])
    monkeypatch.setattr(bits.shutil, "which", lambda program: program)
    runs = {(): native, ("qemu-x86_64", "-cpu", "A"): native}
    monkeypatch.setattr(
        bits, "run_bits", lambda prefix, _: {"x": runs.get(tuple(prefix), found)}
    )
    assert not bits.compare_cpus(["x"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["A", "x", "equal"]
    assert second.split() == ["B", "x", "differs:", "results/metrics.json"]
    monkeypatch.setattr(bits.shutil, "which", lambda program: None)
    with pytest.raises(SystemExit, match="qemu-x86_64.* apt-get install qemu-user"):
        bits.compare_cpus([])
