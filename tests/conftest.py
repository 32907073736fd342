"""Shared fixtures, a tiny project, and the order of the tests."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

import vae.numerics.determinism  # noqa: F401  before anything imports TensorFlow
from clones import change_params
from vae.data.idx import format_idx

# Tests would spend most of their time on compilation. `test_bits.py` uses the defaults.
os.environ["XLA_FLAGS"] += " --xla_backend_optimization_level=0"

ROOT = Path(__file__).parent.parent
CLASSES = ["nought", *"123456", "seven", "8", "9"]
TINY = yaml.safe_load("""
download: {dataset: mnist, color: refuse, size: original, transposed: false}
preprocess: {binarization: dynamic, test_images: 0, validation_images: 7, seed: 3}
model:
  {latent_dim: 3, hidden_units: [9, 5], activation: tanh,
  prior: standard, pseudo_inputs: 4, flow_layers: 2, flow_units: 5,
  likelihood: bernoulli, gaussian_scale: learned}
train:
  {objective: elbo, num_samples: 1, final_epochs: 0, final_samples: 2,
  beta: 1.0, beta_warmup_epochs: 0, gamma: 10.0, capacity: 2.0, capacity_epochs: 2,
  epochs: 2, batch_size: 8, learning_rate: 0.01, weight_decay: 0,
  schedule: cosine, seed: 4}
evaluate:
  {max_images: 1000, num_samples: 2, proposal: adaptive, num_importance_samples: 12,
  grid_points: [201, 41], annealed_images: 0, optimized_images: 0, seed: 5}
""")

# Changes to params.yaml for short runs: only 500 training images.
SMALL = {
    "preprocess.validation_images": 59_500,
    "model.hidden_units": [8],
    "train.epochs": 1,
    "train.batch_size": 50,
    "evaluate.num_samples": 1,
    "evaluate.proposal": "posterior",
    "evaluate.num_importance_samples": 1,
    "evaluate.grid_points": [9, 9],
}


def write_params(**changes):
    """Write params.yaml from TINY with changes such as `train__epochs=4`."""
    path = Path("params.yaml")
    path.write_text(yaml.safe_dump(TINY))
    change_params(path, {k.replace("__", "."): v for k, v in changes.items()})


def make_project(folder):
    """Make a project with 41 training and 30 test images of 6 x 4 pixels."""
    (folder / "data/verified").mkdir(parents=True)
    (folder / "results").mkdir()
    shutil.copy(ROOT / "dvc.yaml", folder)
    description = {"dataset": "mnist", "title": "Tiny", "classes": CLASSES}
    (folder / "data/verified/dataset.json").write_text(json.dumps(description))
    rng = np.random.default_rng(0)
    for prefix, count in (("train", 41), ("t10k", 30)):
        path = folder / f"data/verified/{prefix}"
        images = rng.integers(256, size=(count, 6, 4), dtype=np.uint8)
        Path(f"{path}-images-idx3-ubyte").write_bytes(format_idx(images))
        labels = np.arange(count, dtype=np.uint8) % 10
        Path(f"{path}-labels-idx1-ubyte").write_bytes(format_idx(labels))


def make_small_clone(folder, **changes):
    """Clone the project with the current code, and parameters for short runs."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    shutil.rmtree(folder / "stages")
    shutil.copytree(ROOT / "stages", folder / "stages")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, folder)
    changes = {name.replace("__", "."): value for name, value in changes.items()}
    change_params(folder / "params.yaml", SMALL | changes)
    return folder


def commit_all(folder):
    """Make a repository of a folder, with a commit of all files."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    commit = ["commit", "--quiet", "--message=one"]
    for command in (["init", "--quiet"], ["add", "--all"], commit):
        subprocess.run([*git, *command], cwd=folder, check=True)


def pytest_collection_modifyitems(items):
    """Run files with long tests first, so that both processes end at the same time."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def same_numbers(request, monkeypatch):
    """Reset the module's RNG, so that a test does not depend on earlier ones."""
    if hasattr(request.module, "RNG"):
        monkeypatch.setattr(request.module, "RNG", np.random.default_rng(1))


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Make a tiny project the current folder; return `write_params`."""
    monkeypatch.chdir(tmp_path)
    make_project(tmp_path)
    write_params()
    return write_params
