"""Records of the parameters with which each stage ran.

DVC reads `params.yaml` up to seconds after a stage has written its outputs, and would
record an edit in between as the parameters of the run.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from vae.pipeline.errors import PipelineError

FOLDER = Path("data/params")
PREFIX = "params.yaml, "  # of a section's name among the inputs of a stage


def pack_record(stage: str, inputs: Mapping[str, Any]) -> dict[Path, bytes]:
    """Return the content of a stage's record, by path; empty without parameters."""
    names = [name for name in inputs if name.startswith(PREFIX)]
    sections = {name.removeprefix(PREFIX): inputs[name] for name in names}
    text = json.dumps(sections, indent=2) + "\n"
    return {FOLDER / f"{stage}.json": text.encode()} if sections else {}


def check_records(stage: str) -> None:
    """Raise PipelineError if DVC recorded other parameters than those of a run.

    Each stage checks all stages before it in `dvc.yaml`; `check` checks all stages.
    """
    if not Path("dvc.lock").is_file():
        return
    names = list(list_stages("dvc.yaml"))
    lock = list_stages("dvc.lock")
    for name in names[: names.index(stage)] or names:
        path, entry = FOLDER / f"{name}.json", lock.get(name, {})
        hashes = {out["path"]: out.get("md5") for out in entry.get("outs", [])}
        content = path.read_bytes() if path.is_file() else b""
        # A file that DVC does not know belongs to another run.
        if hashlib.md5(content).hexdigest() == hashes.get(str(path)):
            compare(name, json.loads(content), entry["params"]["params.yaml"])


def compare(stage: str, ran: dict[str, Any], locked: dict[str, Any]) -> None:
    """Raise PipelineError at the first parameter that differs from `dvc.lock`."""
    for section, values in ran.items():
        recorded = locked.get(section) or {}
        for key, value in values.items():
            if recorded.get(key) != value:
                raise PipelineError(
                    f"dvc.lock: {section}.{key} is {recorded.get(key)}, but {stage} "
                    f"ran with {value}, as params.yaml was edited while DVC recorded "
                    f"it; run it again: dvc repro --force --single-item {stage}"
                )


def list_stages(path: str) -> dict[str, Any]:
    """Read the entries of all stages by name."""
    return YAML(typ="safe").load(Path(path))["stages"]


def read_sections(names: Iterable[str]) -> dict[str, Any]:
    """Read sections of `params.yaml`; none if `read_params` will refuse the file."""
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
        return {f"{PREFIX}{name}": params[name] for name in names}
    except (KeyError, OSError, RecursionError, TypeError, ValueError, YAMLError):
        return {}
