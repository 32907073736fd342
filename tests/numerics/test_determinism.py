"""The settings of computation are those of the code, whatever the user's are.

That they give the same bits is in `checks/bits.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vae.numerics.determinism

SCRIPT = """
import sys
from vae.numerics.determinism import keras, tf
print(keras.backend.backend(), keras.backend.floatx(), keras.config.epsilon())
print(tf.config.threading.get_intra_op_parallelism_threads())
print({"matplotlib", "sklearn"} & sys.modules.keys())
import matplotlib, numpy as np
from vae.evaluation.latents import probe_hits
x, label = np.eye(10, dtype="f"), np.arange(10) % 2
probe_hits(x, label, x, label)
"""


def test_the_users_settings_change_nothing_and_nothing_unused_is_imported(tmp_path):
    """Nor does it keep scikit-learn and Matplotlib from being imported later."""
    settings = {"backend": "jax", "floatx": "float64", "epsilon": 0.1}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    changes = {
        "LOKY_MAX_CPU_COUNT": "junk",
        "JOBLIB_MULTIPROCESSING": "junk",
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
        "TF_XLA_FLAGS": "--junk",
        "TF_DETERMINISTIC_OPS": "junk",
        "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "junk",
        "KERAS_HOME": str(tmp_path),
        "PYTHONPATH": str(Path(vae.numerics.determinism.__file__).parents[2]),
    }
    printed = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | changes,
        capture_output=True,
        text=True,
        check=True,
    )
    (said,) = [x for x in printed.stderr.splitlines() if "not used, as" in x]
    for name in changes.keys() - {"PYTHONPATH"}:
        assert f" {name}={changes[name]!r}" in said
    assert printed.stdout.splitlines() == ["tensorflow float32 1e-07", "2", "set()"]


def test_the_settings_refuse_to_come_too_late(monkeypatch):
    monkeypatch.delitem(sys.modules, "vae.numerics.determinism")
    message = "imported before its settings; expected: from vae.numerics.determinism"
    with pytest.raises(ImportError, match=message):
        __import__("vae.numerics.determinism")
