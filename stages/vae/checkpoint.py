"""The state of an unfinished training, so that a run that was cut short goes on."""

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load, save

from vae.files import write_whole

STAGES = Path(__file__).resolve().parent.parent
PACKAGES = ("tensorflow", "keras", "numpy")
DIGEST_SIZE = hashlib.sha256().digest_size


class State(NamedTuple):
    """What an unbroken run would go on with.

    Attributes:
        history: a row for each epoch that is done.
        arrays: weights and the optimiser's variables by name.
    """

    history: list[dict[str, float]]
    arrays: dict[str, np.ndarray]


def fingerprint(params: Mapping[str, object], data: bytes) -> str:
    """SHA-256 of all that determines the result of a training.

    Args:
        params: those that the stage reads.
        data: content of the file that it reads.
    """
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
    digest.update(hashlib.sha256(data).digest())
    for package in PACKAGES:
        digest.update(f"{package} {version(package)}".encode())
    files = {getattr(module, "__file__", None) for module in sys.modules.values()}
    for path in sorted(Path(file).resolve() for file in files if file):
        if path.is_relative_to(STAGES):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def save_state(path: Path, key: str, state: State) -> None:
    """Write a state whole, with its SHA-256 in front.

    Args:
        path: of the file; it is replaced.
        key: the fingerprint of the run.
        state: to go on with.
    """
    progress = json.dumps({"key": key, "history": state.history}).encode()
    content = save({"progress": np.frombuffer(progress, np.uint8), **state.arrays})
    write_whole(path, hashlib.sha256(content).digest() + content)


def load_state(path: Path, key: str, like: Mapping[str, np.ndarray]) -> State | None:
    """The state of this very run, or None; says in one line why one is not used.

    Args:
        path: of the file.
        key: the fingerprint of the run.
        like: arrays that have the names, shapes and types of those expected.
    """
    if not path.exists():
        return None
    try:
        saved_key, state = _parse(_read_verified(path))
        if saved_key == key:
            _check_like(state.arrays, like)
    except (OSError, MemoryError):
        raise
    except Exception:  # what is well sealed but malformed has parsers raise many kinds
        print(f"{path}: damaged; training starts anew")
        return None
    if saved_key != key:
        print(f"{path}: of another configuration; training starts anew")
        return None
    return state


def _read_verified(path: Path) -> bytes:
    """The content behind the SHA-256; a file of any size is hashed piece by piece."""
    if path.is_fifo():
        raise ValueError("nothing to read")
    with path.open("rb") as file:
        digest = file.read(DIGEST_SIZE)
        if hashlib.file_digest(file, "sha256").digest() != digest:
            raise ValueError("another SHA-256")
        file.seek(DIGEST_SIZE)
        return file.read()


def _parse(content: bytes) -> tuple[str, State]:
    """Key and state; raises on anything that `save_state` would not write."""
    arrays = load(content)
    progress = json.loads(arrays.pop("progress").tobytes())
    history = progress["history"]
    if not isinstance(history, list):
        raise ValueError("not a list of rows")
    for epoch, row in enumerate(history, start=1):
        if row["epoch"] != epoch or list(row) != list(history[0]):
            raise ValueError("not the rows of a learning curve")
        if not all(name.isascii() for name in row):
            raise ValueError("not the name of a column")
        if not all(type(value) in (int, float) for value in row.values()):
            raise ValueError("not a number")
    return progress["key"], State(history, arrays)


def _check_like(
    arrays: Mapping[str, np.ndarray], like: Mapping[str, np.ndarray]
) -> None:
    if {name: (a.shape, a.dtype) for name, a in arrays.items()} != {
        name: (a.shape, a.dtype) for name, a in like.items()
    }:
        raise ValueError("not the arrays of this model")
