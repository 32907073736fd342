"""The state of an unfinished training, from which the next run continues."""

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load, save

from vae.pipeline.errors import check_place
from vae.pipeline.files import write_files

STAGES = Path(__file__).resolve().parents[2]
PACKAGES = ("tensorflow", "keras", "numpy")
DIGEST_SIZE = hashlib.sha256().digest_size


class State(NamedTuple):
    """What an unbroken run would go on with."""

    history: list[dict[str, float]]  # one row per finished epoch
    arrays: dict[str, np.ndarray]  # weights and the optimizer's variables by name


def fingerprint(params: Mapping[str, object], data: str) -> str:
    """Return the SHA-256 of all that determines the result of a training.

    That is its parameters, the SHA-256 of its data, packages and the code loaded.
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


def save_state(path: Path, key: str, state: State) -> None:
    """Write a state of the run with this fingerprint, with its SHA-256 in front."""
    progress = json.dumps({"key": key, "history": state.history}).encode()
    content = save({"progress": np.frombuffer(progress, np.uint8), **state.arrays})
    write_files({path: hashlib.sha256(content).digest() + content})


def load_state(path: Path, key: str) -> State | None:
    """Return the state of the run with this fingerprint; print why one is not used."""
    check_place(path)
    if not path.exists():
        return None
    sealed = path.read_bytes()
    digest, content = sealed[:DIGEST_SIZE], sealed[DIGEST_SIZE:]
    if hashlib.sha256(content).digest() != digest:
        print(f"{path}: damaged; training starts anew")
        return None
    arrays = load(content)
    progress = json.loads(arrays.pop("progress").tobytes())
    if progress["key"] != key:
        print(f"{path}: of another configuration; training starts anew")
        return None
    return State(progress["history"], arrays)
