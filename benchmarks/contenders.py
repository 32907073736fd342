"""The programs that are compared, as processes that wait while another one runs."""

import json
import os
import subprocess
import tempfile
import time

from programs.configurations import BOUND, CONFIGURATIONS

OURS = "ours"
OURS_GREY = "ours on grey pixels"
PIPELINE = ".venv/bin/python"
PEERS = "benchmarks/.venv/bin/python"

# By what the tables call them: interpreter, module, arguments.
TRAINING = {
    OURS: (PIPELINE, "programs.ours"),
    "JAX": (PEERS, "programs.jax_program"),
    "PyTorch eager": (PEERS, "programs.torch_eager"),
    "PyTorch compiled": (PEERS, "programs.torch_compile"),
    "Keras fit": (PIPELINE, "programs.keras_fit"),
}
SGEMM = {
    f"SGEMM {library}": (PEERS, "programs.sgemm", library)
    for library in ("numpy", "jax", "torch")
}


def environment() -> dict[str, str]:
    """Where the programs find each other, and their libraries as they come."""
    settings = ("OPENBLAS_", "XLA_", "TF_", "OMP_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(settings)}
    # Without the second, PyTorch's threads spin while they wait: twenty times slower
    # as soon as anything else runs.
    return kept | {"PYTHONPATH": "benchmarks:stages", "OMP_WAIT_POLICY": "passive"}


class Contender:
    """A program that has trained its first epoch, and trains another when asked.

    Attributes:
        import_seconds: from the start of the process until all is imported.
        first_seconds: from there to the end of the first epoch.
    """

    def __init__(self, command: tuple[str, ...], configuration: str):
        python, module, *arguments = command
        shape = CONFIGURATIONS[configuration]
        self.num_images = shape.num_steps * shape.batch_size  # of an epoch
        self._log = tempfile.TemporaryFile("w+")
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [python, "-m", module, configuration, *arguments],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._read()
        imported = time.perf_counter()
        self._read()
        self.import_seconds = imported - start
        self.first_seconds = time.perf_counter() - imported

    def epoch(self) -> dict[str, float]:
        """Seconds and mean loss of one more epoch."""
        return self._ask("epoch")

    def validate(self) -> float:
        """The ELBO of the validation images."""
        return self._ask("validate")["elbo"]

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, what: str) -> dict[str, float]:
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, float]:
        if line := self._process.stdout.readline():
            return json.loads(line)
        self._process.wait()
        self._log.seek(0)
        raise RuntimeError(f"{self._process.args} ended:\n{self._log.read()}")


def start(configuration: str) -> dict[str, Contender]:
    """All programs, started one after the other so that none slows another's start."""
    ours = {OURS: (PIPELINE, "programs.bound")} if configuration == BOUND else TRAINING
    contenders = {
        name: Contender(command, configuration)
        for name, command in (ours | SGEMM).items()
    }
    if configuration == "dynamic":  # what the draws cost, measured side by side
        contenders[OURS_GREY] = Contender(TRAINING[OURS], "grey")
    return contenders
