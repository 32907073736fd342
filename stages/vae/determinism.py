"""Settings under which TensorFlow computes the same bits on any x86-64 CPU with AVX2.

Import this module before TensorFlow. XLA and Eigen otherwise choose instructions, and
with them the order of sums, by the CPU and the number of threads they find.
"""

import os
import sys

if "tensorflow" in sys.modules:
    raise ImportError("vae.determinism must be imported before tensorflow")

os.environ |= {
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
    # For scikit-learn; joblib would end where it can read no number.
    "JOBLIB_MULTIPROCESSING": "1",
    "LOKY_MAX_CPU_COUNT": "2",
}
# TensorFlow reports each accelerator it does not find; it need not.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Keras imports these two if it can, for what is not used here: that takes a third of
# the time to import TensorFlow, and 80 MB. To Python, None is a module that is missing.
unused = {"matplotlib", "sklearn"} - sys.modules.keys()
sys.modules |= dict.fromkeys(unused)

import tensorflow as tf  # noqa: E402

for name in unused:
    del sys.modules[name]

# Products of some shapes are summed in parts, one a thread: so the pool has two threads
# whatever the machine has. More would gain little on networks of this size.
tf.config.threading.set_intra_op_parallelism_threads(2)
