"""Saved states of training runs, from which later runs continue."""

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load, save

from vae.pipeline.files import write_files

STAGES = Path(__file__).resolve().parents[2]
PACKAGES = ("tensorflow", "keras", "numpy")
DIGEST_SIZE = hashlib.sha256().digest_size
FOLDER = Path(".state/training")  # outside DVC's outputs, which it deletes before a run
MAX_STATES = 5  # in the folder; states of finished runs are deleted first


class State(NamedTuple):
    """The state of a training run after an epoch."""

    history: list[dict[str, float]]  # one row per finished epoch
    arrays: dict[str, np.ndarray]  # weights and the optimizer's variables by name


def fingerprint(params: Mapping[str, object], data: str) -> str:
    """Return the SHA-256 of all that determines the result of a training run.

    These are parameters, the SHA-256 of the data, packages and the loaded code.
    """
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
    digest.update(data.encode())
    for package in PACKAGES:
        digest.update(f"{package} {version(package)}".encode())
    files = {getattr(module, "__file__", None) for module in sys.modules.values()}
    for path in sorted(Path(file).resolve() for file in files if file):
        if path.is_relative_to(STAGES):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Checkpoint(NamedTuple):
    """The files of the states of a training run.

    Runs that differ only in the number of epochs share a key. Per key, the state of the
    longest finished run and the states of all unfinished runs are kept.
    """

    key: str  # fingerprint without the number of epochs
    num_epochs: int

    @property
    def unfinished(self) -> Path:
        return FOLDER / f"{self.key}-{self.num_epochs}"

    @property
    def finished(self) -> Path:
        return FOLDER / self.key

    def find(self, *, extend: bool) -> State | None:
        """Return the state to continue from; None if training starts anew.

        The state of a finished run is used only if `extend` is true and the run had
        fewer epochs: a repeated run is computed again.
        """
        if state := load_state(self.unfinished):
            print(f"continuing after epoch {len(state.history)} of an unfinished run")
            return state
        state = load_state(self.finished)
        if state is None or len(state.history) >= self.num_epochs:
            return None
        if not extend:
            print(
                f"a finished run of {len(state.history)} epochs cannot be extended, as "
                "its learning rate fell to 0; training starts anew"
            )
            return None
        print(f"continuing after epoch {len(state.history)} of a finished run")
        return state

    def save(self, state: State) -> None:
        """Write the state of the unfinished run; delete states beyond MAX_STATES."""
        save_state(self.unfinished, state)
        others = [path for path in FOLDER.iterdir() if path != self.unfinished]
        others.sort(key=lambda path: ("-" in path.name, path.stat().st_mtime_ns))
        for path in others[: -(MAX_STATES - 1)]:
            path.unlink()

    def finish(self) -> None:
        """Keep the state of a finished run, unless a longer one is kept."""
        kept = load_state(self.finished)
        if kept and len(kept.history) > self.num_epochs:
            self.unfinished.unlink()
        else:
            self.unfinished.replace(self.finished)


def save_state(path: Path, state: State) -> None:
    """Write a state, with its SHA-256 in front."""
    history = np.frombuffer(json.dumps(state.history).encode(), np.uint8)
    content = save({"history": history, **state.arrays})
    write_files({path: hashlib.sha256(content).digest() + content})


def load_state(path: Path) -> State | None:
    """Read a state; return None if it is missing, or damaged, which is printed."""
    if not path.exists():
        return None
    sealed = path.read_bytes()
    digest, content = sealed[:DIGEST_SIZE], sealed[DIGEST_SIZE:]
    if hashlib.sha256(content).digest() != digest:
        print(f"{path}: damaged; training starts anew")
        return None
    arrays = load(content)
    return State(json.loads(arrays.pop("history").tobytes()), arrays)
