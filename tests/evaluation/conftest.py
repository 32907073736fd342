"""Evaluation without compilation, for tests whose subject is what is computed."""

import pytest

from models import uncompiled
from vae.evaluation import annealing, importance, search, simulation
from vae.numerics import noise
from vae.numerics.determinism import tf

# Only the noise is compiled, which is another one outside XLA.
NOISE = {
    name: tf.function(getattr(noise, name), jit_compile=True)
    for name in ("standard_normal", "uniform")
}


@pytest.fixture
def eager(monkeypatch):
    """Leave everything but the noise uncompiled."""
    monkeypatch.setattr(tf, "function", uncompiled)
    for module in (annealing, importance, search, simulation):
        for name in NOISE.keys() & vars(module).keys():
            monkeypatch.setattr(module, name, NOISE[name])
    for module, name in [(annealing, "_chunk_bounds"), (search, "_all_best")]:
        monkeypatch.setattr(module, name, getattr(module, name).python_function)
