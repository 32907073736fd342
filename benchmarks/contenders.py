"""Configurations and programs of the comparison; programs are processes that wait."""

import json
import os
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from programs.worker import Configuration

PARAMS = YAML(typ="safe").load(Path("params.yaml"))
DEFAULT = Configuration(  # that of params.yaml, except for the learning rate
    **{k: PARAMS["model"][k] for k in ("hidden_units", "latent_dim", "activation")},
    batch_size=PARAMS["train"]["batch_size"],
    dynamic=PARAMS["preprocess"]["binarization"] == "dynamic",
    num_images=51_200,
)
CONFIGURATIONS = {
    "gray": Configuration((400,), 20, "relu", 128, False, 51_200),
    "dynamic": Configuration((400,), 20, "relu", 128, True, 51_200),
    "default": DEFAULT,
    "deep": Configuration((512, 256, 128, 64, 32, 16, 8), 2, "relu", 32, True, 25_600),
    "tanh": Configuration((200, 200), 50, "tanh", 20, True, 25_600),
}

# Modules of the programs and their options, by name in the tables.
OURS = "ours"
PROGRAMS = {
    OURS: ("ours", {}),
    "JAX": ("jax_program", {}),
    "PyTorch eager": ("torch_program", {}),
    "PyTorch compiled": ("torch_program", {"compiled": True}),
    "Keras fit": ("keras_fit", {}),
}
WITH_TENSORFLOW = {"ours", "keras_fit"}  # use the environment of the pipeline


def environment() -> dict[str, str]:
    """Return environment variables for programs, without settings of libraries."""
    settings = ("OPENBLAS_", "XLA_", "TF_", "OMP_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(settings)}
    # Else PyTorch's threads spin while they wait: 20 times slower next to others.
    return kept | {"PYTHONPATH": "benchmarks:stages", "OMP_WAIT_POLICY": "passive"}


class Contender:
    """A program that has trained one epoch, and trains another one on request."""

    def __init__(self, module: str, configuration: Configuration, **options: Any):
        self.num_images = configuration.num_steps * configuration.batch_size
        folder = Path() if module in WITH_TENSORFLOW else Path("benchmarks")
        command = [folder / ".venv/bin/python", "-m", f"programs.{module}"]
        command += [json.dumps(asdict(configuration)), json.dumps(options)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, env=environment(), text=True, **pipes)
        self._read()

    def ask(self, request: str) -> dict[str, float]:
        """Return `seconds` and `loss` of an `epoch`, or the `elbo` of `validate`."""
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> float:
        """End the process; return its peak memory in MiB."""
        self._process.stdin.close()
        _, _, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = 0
        return usage.ru_maxrss / 1024

    def _read(self) -> dict[str, float]:
        return json.loads(self._process.stdout.readline())  # empty after an error
