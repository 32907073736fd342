"""Saved states of unfinished training runs, from which the same runs continue."""

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
MAX_STATES = 5  # in the folder


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


def save_state(path: Path, state: State) -> None:
    """Write a state, with its SHA-256 in front; keep the MAX_STATES latest."""
    history = np.frombuffer(json.dumps(state.history).encode(), np.uint8)
    content = save({"history": history, **state.arrays})
    write_files({path: hashlib.sha256(content).digest() + content})
    others = sorted(path.parent.iterdir(), key=lambda path: -path.stat().st_mtime_ns)
    for old in others[MAX_STATES:]:
        old.unlink()


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
