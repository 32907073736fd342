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
from emulate import run_bits
from vae.pipeline.params import Model, Params, Preprocess, Train

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
        return run_bits(MANY_THREADS, *RECORDED)
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


@pytest.mark.parametrize(
    ("section", "name"), [(Model, "likelihood"), (Train, "objective")]
)
def test_every_likelihood_and_objective_is_on_record(section, name):
    changed = [bits.change_params(bits.CONFIGURATIONS[c]) for c in RECORDED]
    run = {c[section.__name__.lower()][name] for c in changed}
    assert run == allowed(section, name)


def test_emulation_runs_every_combination():
    changed = [
        Params.model_validate(bits.change_params(changes))
        for changes in bits.CONFIGURATIONS.values()
    ]
    assert {(c.model.likelihood, c.train.objective) for c in changed} == set(
        itertools.product(allowed(Model, "likelihood"), allowed(Train, "objective"))
    )
    for section, name in [
        (Preprocess, "binarization"),
        (Model, "activation"),
        (Model, "prior"),
        (Train, "schedule"),
    ]:
        run = {getattr(getattr(c, section.__name__.lower()), name) for c in changed}
        assert run == allowed(section, name)
    gaussian = [c.model for c in changed if c.model.likelihood == "gaussian"]
    assert len({model.gaussian_scale == "learned" for model in gaussian}) == 2
    assert any(c.train.beta_warmup_epochs for c in changed)
