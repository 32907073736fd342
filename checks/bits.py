"""Hash the outputs of short runs of preprocess, train and evaluate.

    python checks/bits.py [configuration ...]
    python checks/bits.py --emulate [configuration ...]

The first command prints a line of JSON per configuration of checks/bits.yaml, `{name:
{output: SHA-256}}`. The output of the stages goes to standard error. The second command
emulates other CPUs, and compares their hashes with those of this CPU. Its exit status
is 1 if any hash differs. All configurations take more than an hour on two cores.
Emulation needs qemu-x86_64 from Debian's package qemu-user.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from command import Parser, parse_as, run  # before packages

# isort: split
import numpy as np
from ruamel.yaml import YAML

import evaluate
import preprocess
import train
from clones import change_params, file_hashes
from vae.data.idx import format_idx

ROOT = Path(__file__).resolve().parent.parent
CHANGES = YAML(typ="safe").load(Path(__file__).with_name("bits.yaml"))
CONFIGURATIONS = CHANGES["configurations"]
NUM_IMAGES = {"train": 537, "t10k": 23}
OUTPUTS = [  # without results/model.json, which holds parameters alone
    "data/images.npz",
    "results/model.safetensors",
    "results/history.csv",
    "results/metrics.json",
    "results/standard_errors.csv",
    "results/classes.csv",
    "results/latents.npz",
]
CPUS = ["Haswell", "EPYC-Rome"]  # Intel and AMD, both without AVX-512


def write_params(configuration: str) -> None:
    """Write the parameters of a configuration into the current folder."""
    changes = {
        f"{section}.{name}": value
        for part in (CHANGES["short"], CONFIGURATIONS[configuration])
        for section, values in part.items()
        for name, value in values.items()
    }
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    change_params(Path("params.yaml"), changes)


def write_images() -> None:
    """Write random images into the current folder."""
    folder = Path("data/verified")
    folder.mkdir(parents=True)
    description = {"dataset": "mnist", "title": "noise", "classes": [*"0123456789"]}
    (folder / "dataset.json").write_text(json.dumps(description))
    rng = np.random.default_rng(0)
    for prefix, count in NUM_IMAGES.items():
        images = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for name, array in {"images-idx3": images, "labels-idx1": labels}.items():
            (folder / f"{prefix}-{name}-ubyte").write_bytes(format_idx(array))


def output_hashes(configuration: str) -> dict[str, str]:
    """Run the stages in a temporary folder and return the hashes of their outputs."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write_params(configuration)
        write_images()
        with redirect_stdout(sys.stderr):
            for stage in (preprocess, train, evaluate):
                stage.main()
        return file_hashes(Path(), OUTPUTS)


def run_bits(
    prefix: Sequence[str], configurations: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return hashes by configuration from a process that `prefix` may emulate."""
    # qemu does not follow the link to the interpreter in a virtual environment.
    command = [*prefix, os.path.realpath(sys.executable), __file__, *configurations]
    variables = os.environ | {"PYTHONPATH": sysconfig.get_path("purelib")}
    printed = subprocess.check_output(command, env=variables)
    lines = [json.loads(line) for line in printed.splitlines()]
    return {name: line[name] for line in lines for name in line}


def compare_cpus(configurations: Sequence[str]) -> bool:
    """Print a verdict per emulated CPU and configuration; return whether all match."""
    qemu = shutil.which("qemu-x86_64")
    if qemu is None:
        sys.exit("error: no qemu-x86_64; install it with: apt-get install qemu-user")
    native = run_bits([], configurations)
    equal = True
    with ThreadPoolExecutor() as pool:
        prefixes = [[qemu, "-cpu", cpu] for cpu in CPUS]
        runs = pool.map(run_bits, prefixes, [configurations] * len(CPUS))
        for cpu, found in zip(CPUS, runs, strict=True):
            for name, hashes in found.items():
                differing = [o for o in OUTPUTS if hashes[o] != native[name][o]]
                verdict = " ".join(["differs:", *differing]) if differing else "equal"
                print(f"{cpu:<10} {name:<12} {verdict}")
                equal = equal and not differing
    return equal


def main() -> None:
    parser = Parser(description="Hash the outputs of short runs.")
    add = parser.add_argument
    known = parse_as(Literal[tuple(CONFIGURATIONS)])
    add("configuration", nargs="*", type=known, help="default: all")
    add("--emulate", action="store_true", help="compare with emulated CPUs")
    options = parser.parse_args()
    names = options.configuration or list(CONFIGURATIONS)
    if options.emulate:
        sys.exit(not compare_cpus(names))
    for name in names:
        print(json.dumps({name: output_hashes(name)}), flush=True)


if __name__ == "__main__":
    run(main)
