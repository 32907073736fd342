"""How time and memory grow, along one axis at a time; about six minutes.

    make bench-growth

Around 784-400-20 ReLU, batch 128, binary pixels drawn anew, 12,800 images an epoch; and
for importance samples, the bound on log p(x) of 208 images by the pipeline's default
network with 20 latent dimensions. Each point is measured in a process of its own, whose
peak memory is that of all it does, imports and compilation included; the seconds leave
these out. Writes benchmarks/growth.csv and benchmarks/growth.png.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

from chart import draw_growth
from contenders import environment

FOLDER = Path("benchmarks")
AXES = {
    "images": [12_800, 25_600, 51_200, 102_400, 204_800],
    "batch size": [8, 32, 128, 512, 2048],
    "hidden width": [64, 256, 1024, 4096],
    "latent dimensions": [2, 16, 128, 1000],
    "importance samples": [500, 1000, 2000, 5000, 10_000],
}


def point(axis: str, value: int) -> dict[str, int | list[int]]:
    """What the measured program is to do."""
    return {
        "images": {"num_images": value},
        "batch size": {"batch_size": value},
        "hidden width": {"hidden_units": [value]},
        "latent dimensions": {"latent_dim": value},
        "importance samples": {"num_samples": value},
    }[axis]


def measure(axis: str, value: int) -> tuple[float, float]:
    """Seconds, and peak memory in MiB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "programs.point", json.dumps(point(axis, value))],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"error: exit status {process.returncode} at {axis} {value}")
    return float(output), usage.ru_maxrss / 1024


def main() -> None:
    rows = []
    for axis, values in AXES.items():
        for value in values:
            seconds, peak = measure(axis, value)
            print(f"{axis} {value}: {seconds:.2f} s, {peak:.0f} MiB", flush=True)
            rows.append((axis, value, seconds, peak))
    growth = pd.DataFrame(rows, columns=["axis", "value", "seconds", "peak_mib"])
    path = FOLDER / "growth.csv"
    growth.to_csv(path, index=False, float_format="%.4g", lineterminator="\n")
    draw_growth(growth, FOLDER / "growth.png")


if __name__ == "__main__":
    main()
