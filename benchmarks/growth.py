"""Measure how time and memory grow with one size at a time: make bench-growth.

The base is `dynamic` of bench.py with 12,800 images per epoch. Prints the median
seconds of five epochs, and the peak memory with imports and compilation.
"""

from dataclasses import replace
from statistics import median

from contenders import CONFIGURATIONS, Contender

BASE = replace(CONFIGURATIONS["dynamic"], num_images=12_800)
SIZES = {  # the ends of each axis
    "num_images": [12_800, 51_200],
    "batch_size": [8, 2048],
    "hidden_units": [[64], [4096]],
    "latent_dim": [2, 1000],
}


def main() -> None:
    for name, values in SIZES.items():
        for value in values:
            contender = Contender("ours", replace(BASE, **{name: value}))
            seconds = median(contender.ask("epoch")["seconds"] for _ in range(5))
            peak = contender.close()
            print(f"{name} {value}: {seconds:.2f} s, {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
