"""TensorFlow and Keras, configured for the same bits on all tested x86-64 CPUs.

Import both only from this module, because the settings must precede TensorFlow. Without
them XLA and Eigen choose instructions, and thus the order of sums, by the CPU and the
number of threads.
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
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=0",
    "TF_DETERMINISTIC_OPS": "0",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # Eigen's own kernel: the custom one splits sums by the number of threads.
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "0",
    # A user's configuration of Keras may choose another backend or precision.
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,
    "KERAS_NNX_ENABLED": "false",
    # TensorFlow and scikit-learn fail at values of these that they cannot read.
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "upb",
    "JOBLIB_MULTIPROCESSING": "1",
    "LOKY_MAX_CPU_COUNT": "2",
}
# A child process inherits these settings, perhaps with further flags appended.
own = {name: os.environ.get(name, value) for name, value in SETTINGS.items()}
if replaced := [x for x in SETTINGS if not own[x].startswith(SETTINGS[x])]:
    values = ", ".join(f"{name}={own[name]!r}" for name in replaced)
    print(f"not used, as results must have the same bits: {values}", file=sys.stderr)
os.environ |= SETTINGS
# Suppresses most of TensorFlow's reports of missing accelerators.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Keras would import these two for functions that are not used here, which takes a third
# of the time to import TensorFlow. For Python, None marks a missing module.
unused = {"matplotlib", "sklearn"} - sys.modules.keys()
sys.modules |= dict.fromkeys(unused)

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.compiler.tf2xla.python import xla  # noqa: E402

optimization_barrier: Any = xla.optimization_barrier
for name in unused:
    del sys.modules[name]

# XLA sums products of some shapes in parts, one per thread, so the pool has two threads
# on every machine. More would gain little for networks of this size.
tf.config.threading.set_intra_op_parallelism_threads(2)

# On a GPU, some operations add in an order that varies from run to run. Memory is
# reserved as it is needed, so that several runs can share the GPU.
for gpu in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.set_memory_growth(gpu, enable=True)

__all__ = ["keras", "optimization_barrier", "tf"]
