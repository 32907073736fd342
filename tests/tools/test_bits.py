"""The same bits, whatever the number of threads and cores."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import bits
from vae.params import Model, Params, Preprocess, Train

ROOT = Path(__file__).parents[2]
PINNED = (
    "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    if hasattr(os, "sched_setaffinity")
    else ""
)

# Every likelihood and every objective; `make emulate` runs the other configurations.
CONFIGURATIONS = ["default", "odd", "single", "learned"]

# What the environment says, and what a run does before it loads the stages. Bits that
# hang on threads or on cores differ between these two: no third is needed.
CONDITIONS = {
    "one": ({"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}, PINNED),
    "many": ({"TF_NUM_INTRAOP_THREADS": "8", "OMP_NUM_THREADS": "8"}, ""),
}


def start(environment, before):
    """Run tools/bits.py in a process of its own."""
    folders = [str(ROOT / "stages"), str(ROOT / "tools")]
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import os; {before}\nimport bits; bits.main()",
            *CONFIGURATIONS,
        ],
        env=os.environ | environment | {"PYTHONPATH": os.pathsep.join(folders)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def hashes():
    """SHA-256 by condition, configuration and output; both conditions run at once."""
    processes = {name: start(*condition) for name, condition in CONDITIONS.items()}
    printed = {name: process.communicate() for name, process in processes.items()}
    result = {}
    for name, (stdout, stderr) in printed.items():
        assert processes[name].returncode == 0, stderr
        lines = [json.loads(line) for line in stdout.splitlines()]
        result[name] = {key: line[key] for line in lines for key in line}
    return result


@pytest.mark.long
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_output_has_the_same_bits(hashes, configuration):
    one, many = (hashes[condition][configuration] for condition in ("one", "many"))
    assert set(one) == set(bits.OUTPUTS)
    assert one == many


def allowed(section, name):
    """The words that a parameter may be."""
    return set(get_args(section.model_fields[name].annotation))


@pytest.mark.parametrize(
    ("section", "name"), [(Model, "likelihood"), (Train, "objective")]
)
def test_every_likelihood_and_objective_is_run(section, name):
    changed = [bits.change_params(bits.CONFIGURATIONS[c]) for c in CONFIGURATIONS]
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
