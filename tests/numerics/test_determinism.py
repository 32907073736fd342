"""The settings of computation are those of the code, whatever the user's are.

That they give the same bits is in `tools/test_bits.py`.
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
import vae.numerics.determinism, keras, tensorflow as tf
print(keras.backend.backend(), keras.backend.floatx(), keras.config.epsilon())
print(tf.config.threading.get_intra_op_parallelism_threads())
print({"matplotlib", "sklearn"} & sys.modules.keys())
import matplotlib, sklearn
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """By the script, for a user who has other settings."""
    home = tmp_path_factory.mktemp("home")
    settings = {"backend": "jax", "floatx": "float64", "epsilon": 0.1}
    (home / ".keras").mkdir()
    (home / ".keras/keras.json").write_text(json.dumps(settings))
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ
        | {
            "HOME": str(home),
            "KERAS_BACKEND": "jax",
            "KERAS_HOME": str(home / ".keras"),
            "PYTHONPATH": str(Path(vae.numerics.determinism.__file__).parents[2]),
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()


def test_the_users_settings_of_keras_change_nothing(printed):
    assert printed[:2] == ["tensorflow float32 1e-07", "2"]


def test_keras_imports_nothing_that_is_not_used(printed):
    """Nor does it keep others from importing it."""
    assert printed[2] == "set()"


def test_the_settings_refuse_to_come_too_late(monkeypatch):
    monkeypatch.delitem(sys.modules, "vae.numerics.determinism")
    with pytest.raises(ImportError, match="before tensorflow"):
        __import__("vae.numerics.determinism")
