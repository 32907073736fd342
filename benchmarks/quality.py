"""Seconds of training to the same ELBO of the validation images, beside other programs.

    make bench-quality

The other programs train the default network with Adam as it is mostly used, at a
constant 1e-3. The pipeline's recipe has a schedule, which ends where it is told: it
takes the fewest epochs, in steps of five, with which its last one reaches the target.
Epochs interleave, so that what else slows the machine slows all of them.
"""

import argparse
from collections import defaultdict

import numpy as np
import pandas as pd

from contenders import OURS, PIPELINE, TRAINING, Contender

PEERS = ("JAX", "PyTorch eager", "Keras fit")
EVERY = 5  # epochs from one look at the validation images to the next


def recipe(epochs: int) -> Contender:
    """The pipeline's own, after its first epoch."""
    return Contender((PIPELINE, "programs.recipe", str(epochs)), "default")


def fewest_epochs(target: float, limit: int) -> int:
    """With which the recipe reaches the target."""
    for epochs in range(2 * EVERY, limit + 1, EVERY):
        contender = recipe(epochs)
        for _ in range(epochs - 1):
            contender.epoch()
        elbo = contender.validate()
        contender.close()
        print(f"recipe with {epochs} epochs: {elbo:.2f}", flush=True)
        if elbo >= target:
            return epochs
    raise SystemExit(f"error: {target} is not reached within {limit} epochs")


def race(
    contenders: dict[str, Contender], ends: dict[str, int], target: float, limit: int
) -> pd.DataFrame:
    """A row for each program: epochs, their seconds, and the ELBO it came to.

    Args:
        contenders: after their first epoch, which compiles; it counts as the median of
            the others.
        ends: of those that end after a given number of epochs.
        target: at which the others end.
        limit: of epochs.
    """
    seconds = defaultdict(list)
    rows, running = {}, dict(contenders)
    for epoch in range(2, limit + 1):
        for name, contender in list(running.items()):
            seconds[name].append(contender.epoch()["seconds"])
            if epoch == ends[name] if name in ends else epoch % EVERY == 0:
                elbo = contender.validate()
                total = sum(seconds[name]) + np.median(seconds[name])
                rows[name] = {"epochs": epoch, "seconds": total, "elbo": elbo}
                print(f"{name}, {epoch} epochs, {total:.0f} s: {elbo:.2f}", flush=True)
                if elbo >= target or name in ends:
                    del running[name]
        if not running:
            break
    return pd.DataFrame(rows).T.loc[list(contenders)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds to the same ELBO.")
    parser.add_argument("--target", type=float, default=-133.0)
    parser.add_argument("--limit", type=int, default=400, help="of epochs")
    parser.add_argument("--recipe", type=int, help="its epochs, if they are known")
    options = parser.parse_args()
    epochs = options.recipe or fewest_epochs(options.target, options.limit)
    contenders = {OURS: recipe(epochs)}
    contenders |= {name: Contender(TRAINING[name], "default") for name in PEERS}
    try:
        table = race(contenders, {OURS: epochs}, options.target, options.limit)
    finally:
        for contender in contenders.values():
            contender.close()
    table["times_ours"] = table["seconds"] / table.loc[OURS, "seconds"]
    print(table.round({"epochs": 0, "seconds": 1, "elbo": 2, "times_ours": 2}))


if __name__ == "__main__":
    main()
