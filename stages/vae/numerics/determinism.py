"""TensorFlow and Keras, set to compute the same bits on every x86-64 CPU tried.

Import both from here, never directly: the settings must be there before TensorFlow is.
Without them XLA and Eigen choose instructions, and so the order of sums, by the CPU and
the number of threads.
"""

import os
import sys
from typing import Any

if "tensorflow" in sys.modules:
    raise ImportError(
        "tensorflow was imported before its settings; "
        "expected: from vae.numerics.determinism import tf"
    )

SETTINGS = {
    # One instruction set for all CPUs, and no math library chosen at run time.
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"
    " --xla_cpu_enable_platform_dependent_math=false",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # Eigen's own kernel: the custom one splits sums by the number of threads.
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "0",
    # Keras as it comes: a file of the user's may choose another backend or precision.
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,
    "KERAS_NNX_ENABLED": "false",
    # For scikit-learn; joblib stops where it can read no number.
    "JOBLIB_MULTIPROCESSING": "1",
    "LOKY_MAX_CPU_COUNT": "2",
}
# A process that this one starts has these settings already, perhaps with more behind.
own = {name: os.environ.get(name, value) for name, value in SETTINGS.items()}
if replaced := [x for x in SETTINGS if not own[x].startswith(SETTINGS[x])]:
    values = ", ".join(f"{name}={own[name]!r}" for name in replaced)
    print(f"not used, for the sake of the same bits: {values}", file=sys.stderr)
os.environ |= SETTINGS
# TensorFlow reports each accelerator it does not find; it need not.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Keras imports these two if it can, for functions that are not used here. That takes a
# third of the time to import TensorFlow. To Python, None is a module that is missing.
unused = {"matplotlib", "sklearn"} - sys.modules.keys()
sys.modules |= dict.fromkeys(unused)

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.compiler.tf2xla.python import xla  # noqa: E402

optimization_barrier: Any = xla.optimization_barrier
for name in unused:
    del sys.modules[name]

# XLA sums products of some shapes in parts, one per thread: so the pool has two threads
# whatever the machine has. More would gain little on networks of this size.
tf.config.threading.set_intra_op_parallelism_threads(2)

__all__ = ["keras", "optimization_barrier", "tf"]
