"""Measure how time and memory grow along one axis at a time, in about seven minutes.

    make bench-growth

The base is `dynamic` of bench.py with 12,800 images per epoch; for importance samples
it is `bound` with 208. Each point has its own process. Its peak memory includes imports
and compilation; its seconds are a median of five epochs. Where the number of pixels
grows, so are those of the matrix products alone, by NumPy's BLAS. Writes
benchmarks/growth.csv, from which draw.py makes a figure.
"""

from dataclasses import replace
from pathlib import Path
from statistics import median

import pandas as pd

from contenders import BOUND, CONFIGURATIONS, Contender

FOLDER = Path("benchmarks")
TRAINED = replace(CONFIGURATIONS["dynamic"], num_images=12_800)
BOUNDED = replace(CONFIGURATIONS[BOUND], num_images=208)
AXES = {  # fields of the configuration and their values, by name in the figure
    "images": ("num_images", [12_800, 25_600, 51_200, 102_400, 204_800]),
    "pixels": ("num_pixels", [28**2, 64**2, 128**2]),
    "batch size": ("batch_size", [8, 32, 128, 512, 2048]),
    "hidden width": ("hidden_units", [64, 256, 1024, 4096]),
    "latent dimensions": ("latent_dim", [2, 16, 128, 1000]),
    "importance samples": ("num_samples", [500, 1000, 2000, 5000, 10_000]),
}


def main() -> None:
    rows = []
    for axis, (field, values) in AXES.items():
        for value in values:
            change = {field: [value] if field == "hidden_units" else value}
            if field == "num_samples":
                contender = Contender("bound", BOUNDED, **change)
            else:
                contender = Contender("ours", replace(TRAINED, **change))
            contenders = [contender]
            if field == "num_pixels":
                options = {"library": "numpy", "bound": False}
                sgemm = Contender("sgemm", replace(TRAINED, **change), **options)
                contenders.append(sgemm)
            epochs = [[x.ask("epoch")["seconds"] for x in contenders] for _ in range(5)]
            seconds, *products = map(median, zip(*epochs, strict=True))
            peak, *_ = [x.close() for x in contenders]
            print(f"{axis} {value}: {seconds:.2f} s, {peak:.0f} MiB", flush=True)
            row = {"axis": axis, "value": value, "seconds": seconds, "peak_mib": peak}
            rows.append(row | {"products_seconds": products[0] if products else None})
    growth = pd.DataFrame(rows)
    path = FOLDER / "growth.csv"
    growth.to_csv(path, index=False, float_format="%.4g", lineterminator="\n")


if __name__ == "__main__":
    main()
