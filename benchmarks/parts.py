"""What takes the time of a training step: each part is left out in turn.

    make bench-parts
    .venv/bin/python benchmarks/parts.py --rounds 30 grey deep     some configurations

Prints by how much an epoch is shorter without the part, as a share of the whole one:
the median over rounds that interleave, and quartiles. The rest is products of matrices
for the most part; `products alone` is the time that XLA takes for them elsewhere (JAX,
free to use AVX-512), as a share of a step's.
"""

import argparse

import pandas as pd

from contenders import PIPELINE, SGEMM, Contender

WHOLE = "nothing"
PARTS = (  # as programs/without.py names them
    "Adam's moments",
    "likelihood",
    "draws of pixels",
    "draws of latents",
    "choice of images",
)
PRODUCTS = "products alone"


def measure(configuration: str, num_rounds: int) -> pd.DataFrame:
    """Seconds an image, a row for each round and a column for each part left out."""
    commands = {
        part: (PIPELINE, "programs.without", part) for part in (WHOLE, *PARTS)
    }
    commands[PRODUCTS] = SGEMM["SGEMM jax"]
    contenders = {
        name: Contender(command, configuration) for name, command in commands.items()
    }
    try:
        rows = [
            {name: c.epoch()["seconds"] / c.num_images for name, c in contenders.items()}
            for _ in range(num_rounds)
        ]
    finally:
        for contender in contenders.values():
            contender.close()
    return pd.DataFrame(rows)


def shares(seconds: pd.DataFrame) -> pd.DataFrame:
    """Quartiles of what each part takes of the whole, in per cent."""
    ratio = seconds.div(seconds[WHOLE], axis=0)
    saved = 1 - ratio.drop(columns=[WHOLE, PRODUCTS])
    saved[PRODUCTS] = ratio[PRODUCTS]
    return 100 * saved.quantile([0.5, 0.25, 0.75]).T


def main() -> None:
    parser = argparse.ArgumentParser(description="What a training step's parts take.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("configuration", nargs="*", default=["grey", "default"])
    options = parser.parse_args()
    for name in options.configuration:
        seconds = measure(name, options.rounds)
        print(f"\n{name}: {1e6 * seconds[WHOLE].median():.1f} microseconds an image")
        table = shares(seconds).set_axis(["median %", "quartiles", ""], axis=1)
        print(table.round(1).to_string(), flush=True)


if __name__ == "__main__":
    main()
