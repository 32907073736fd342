"""Short runs of preprocess, train and evaluate, and the SHA-256 of all they write.

For runs under other conditions, such as another CPU, whose bits are to be compared.
Prints a line of JSON for each configuration, `{name: {output: SHA-256}}`; what the
stages say goes to standard error. Needs the stages on the path:

    PYTHONPATH=stages python checks/bits.py [configuration ...]
"""

import json
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path

import numpy as np
import yaml

import evaluate
import preprocess
import train
from clones import file_hashes
from vae.data.idx import format_idx

PARAMS = Path(__file__).parent.parent / "params.yaml"
OUTPUTS = [
    "data/images.npz",
    "results/model.safetensors",
    "results/history.csv",
    "results/metrics.json",
    "results/standard_errors.csv",
    "results/classes.csv",
    "results/latents.npz",
]
NUM_IMAGES = {"train": 537, "t10k": 23}

# Changes of params.yaml in every configuration, to be done in seconds. The coarser grid
# still takes two chunks.
SHORT = {
    "preprocess": {"validation_images": 7},
    "train": {"epochs": 2},
    "evaluate": {
        "num_samples": 2,
        "num_importance_samples": 12,
        "grid_points": [65, 65],
    },
}
# Further ones. First what ships, odd shapes, and a single layer and latent dimension;
# with the others every likelihood meets every objective, and every way to make pixels
# binary, activation and schedule has its turn. No batch size divides the images.
CONFIGURATIONS = {
    "default": {"train": {"batch_size": 64}},
    "odd": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 20,
            "hidden_units": [77, 33],
            "activation": "tanh",
            "likelihood": "gaussian",
        },
        "train": {"objective": "iwae", "num_samples": 3, "batch_size": 100},
    },
    "single": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 1,
            "hidden_units": [131],
            "activation": "silu",
            "likelihood": "continuous_bernoulli",
        },
        "train": {"objective": "capacity", "batch_size": 97},
    },
    "static": {
        "preprocess": {"binarization": "static"},
        "model": {"latent_dim": 5, "hidden_units": [51, 40], "activation": "relu"},
        "train": {"objective": "iwae", "num_samples": 5, "schedule": "constant"},
    },
    "threshold": {
        "preprocess": {"binarization": "threshold"},
        "model": {"latent_dim": 10, "hidden_units": [50], "activation": "elu"},
        "train": {"objective": "capacity", "capacity_epochs": 1, "batch_size": 33},
    },
    "warm-up": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 6,
            "hidden_units": [45, 25],
            "likelihood": "gaussian",
            "gaussian_scale": 0.1,
        },
        "train": {"beta": 4, "beta_warmup_epochs": 2, "batch_size": 64},
    },
    "fixed": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 1,
            "hidden_units": [35],
            "likelihood": "gaussian",
            "gaussian_scale": 0.5,
        },
        "train": {"objective": "capacity", "batch_size": 128},
    },
    "grey": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 3,
            "hidden_units": [47],
            "likelihood": "continuous_bernoulli",
        },
        "train": {"batch_size": 52},
    },
    "grey-iwae": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 4,
            "hidden_units": [30, 30],
            "likelihood": "continuous_bernoulli",
        },
        "train": {"objective": "iwae", "num_samples": 2, "batch_size": 40},
    },
    "learned": {
        "model": {"prior": "vamp", "pseudo_inputs": 21, "hidden_units": [43, 26]},
        "train": {"objective": "dreg", "num_samples": 3, "batch_size": 60},
        "evaluate": {"annealed_images": 5, "optimised_images": 5},
    },
    "learned-wide": {
        "preprocess": {"binarization": "none"},
        "model": {
            "latent_dim": 40,
            "prior": "vamp",
            "pseudo_inputs": 70,
            "hidden_units": [55],
            "likelihood": "continuous_bernoulli",
        },
        "train": {"objective": "dreg", "num_samples": 2, "batch_size": 64},
    },
    "grey-dreg": {
        "preprocess": {"binarization": "none"},
        "model": {"latent_dim": 2, "hidden_units": [38], "likelihood": "gaussian"},
        "train": {"objective": "dreg", "num_samples": 4, "batch_size": 70},
    },
}


def change_params(changes: dict[str, dict]) -> dict[str, dict]:
    """The content of params.yaml, short and with changes."""
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    for layer in (SHORT, changes):
        for section, values in layer.items():
            params[section] |= values
    return params


def write_project(params: dict[str, dict]) -> None:
    """Write parameters, and images of noise, into the current folder."""
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    Path("data/verified").mkdir(parents=True)
    description = {"dataset": "mnist", "title": "noise", "classes": [*"0123456789"]}
    Path("data/verified/dataset.json").write_text(json.dumps(description))
    rng = np.random.default_rng(0)
    for prefix, count in NUM_IMAGES.items():
        images = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for name, array in {"images-idx3": images, "labels-idx1": labels}.items():
            Path(f"data/verified/{prefix}-{name}-ubyte").write_bytes(format_idx(array))


def output_hashes(params: dict[str, dict]) -> dict[str, str]:
    """Run the stages in a folder of their own; the SHA-256 of each output."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write_project(params)
        for stage in (preprocess, train, evaluate):
            stage.main()
        return file_hashes(Path(), OUTPUTS)


def main() -> None:
    for name in sys.argv[1:] or CONFIGURATIONS:
        with redirect_stdout(sys.stderr):
            hashes = output_hashes(change_params(CONFIGURATIONS[name]))
        print(json.dumps({name: hashes}), flush=True)


if __name__ == "__main__":
    main()
