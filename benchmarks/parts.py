"""What takes the time of a training step: each part is left out in turn.

    make bench-parts
    .venv/bin/python benchmarks/parts.py --rounds 9 grey deep     some configurations

Prints by how much an epoch is shorter without the part, in per cent of the whole one:
the median over rounds that interleave, and quartiles. The rest is products of matrices
for the most part, which cannot be left out without all that follows from them.
"""

import argparse

import pandas as pd

from contenders import PIPELINE, Contender

WHOLE = "nothing"
PARTS = (  # as programs/without.py names them
    "Adam's moments",
    "likelihood",
    "draws of pixels",
    "draws of latents",
    "choice of images",
)


def measure(configuration: str, num_rounds: int) -> pd.DataFrame:
    """Seconds of epochs, a row for each round and a column for each part left out."""
    contenders = {
        part: Contender((PIPELINE, "programs.without", part), configuration)
        for part in (WHOLE, *PARTS)
    }
    try:
        rows = [
            {part: c.epoch()["seconds"] for part, c in contenders.items()}
            for _ in range(num_rounds)
        ]
    finally:
        for contender in contenders.values():
            contender.close()
    return pd.DataFrame(rows)


def shares(seconds: pd.DataFrame) -> pd.DataFrame:
    """Quartiles of what each part takes of the whole, in per cent."""
    saved = 1 - seconds.drop(columns=WHOLE).div(seconds[WHOLE], axis=0)
    return 100 * saved.quantile([0.5, 0.25, 0.75]).T


def main() -> None:
    parser = argparse.ArgumentParser(description="What a training step's parts take.")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("configuration", nargs="*", default=["grey", "default"])
    options = parser.parse_args()
    for name in options.configuration:
        seconds = measure(name, options.rounds)
        print(f"\n{name}: {1000 * seconds[WHOLE].median():.0f} ms an epoch")
        table = shares(seconds).set_axis(["median %", "lower", "upper"], axis=1)
        print(table.round(1).to_string(), flush=True)


if __name__ == "__main__":
    main()
