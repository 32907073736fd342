"""The settings of computation are those of the code, whatever the user's are.

That they give the same bits is in `tools/test_bits.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import vae.determinism

import pytest

SCRIPT = """
import vae.determinism, keras, tensorflow as tf
print(keras.backend.backend(), keras.backend.floatx(), keras.config.epsilon())
print(tf.config.threading.get_intra_op_parallelism_threads())
"""


def test_the_users_settings_of_keras_change_nothing(tmp_path):
    settings = {"backend": "jax", "floatx": "float64", "epsilon": 0.1}
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text(json.dumps(settings))
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ
        | {
            "HOME": str(tmp_path),
            "KERAS_BACKEND": "jax",
            "KERAS_HOME": str(tmp_path / ".keras"),
            "PYTHONPATH": str(Path(vae.determinism.__file__).parents[1]),
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert result.stdout == "tensorflow float32 1e-07\n2\n"


def test_the_settings_refuse_to_come_too_late(monkeypatch):
    monkeypatch.delitem(sys.modules, "vae.determinism")
    with pytest.raises(ImportError, match="before tensorflow"):
        __import__("vae.determinism")
