"""Measure the seconds of training until the validation ELBO reaches a target.

    make bench-quality

The other programs train the default network with Adam at a constant 1e-3. The recipe of
`params.yaml` has a schedule, which depends on the number of epochs: it gets the
smallest number, in steps of five, that reaches the target in its last epoch. Programs
take turns per epoch, so that other load on the machine slows all of them.
"""

import sys
from collections import defaultdict

import numpy as np
import pandas as pd

from contenders import DEFAULT, OURS, PARAMS, PROGRAMS, Contender

PEERS = ("JAX", "PyTorch eager", "Keras fit")
TARGET = -133.0  # nats per image
EVERY = 5  # epochs between validations
LIMIT = 400  # epochs


def recipe(epochs: int) -> Contender:
    """Start our trainer with the recipe of `params.yaml` and a number of epochs."""
    settings = {name: PARAMS["train"][name] for name in ("learning_rate", "schedule")}
    return Contender("ours", DEFAULT, epochs=epochs, **settings)


def fewest_epochs() -> int:
    """Return the smallest number of epochs with which the recipe reaches the target."""
    for epochs in range(2 * EVERY, LIMIT + 1, EVERY):
        contender = recipe(epochs)
        for _ in range(epochs - 1):
            contender.ask("epoch")
        elbo = contender.ask("validate")["elbo"]
        contender.close()
        print(f"recipe with {epochs} epochs: {elbo:.2f}", flush=True)
        if elbo >= TARGET:
            return epochs
    sys.exit(f"error: {TARGET} is not reached within {LIMIT} epochs")


def race(contenders: dict[str, Contender], recipe_epochs: int) -> pd.DataFrame:
    """Return a row per program: epochs, seconds and last ELBO.

    Our trainer ends after `recipe_epochs`, the others at the target. The first epoch,
    which compiles, counts as the median of the other epochs.
    """
    seconds = defaultdict(list)
    rows, running = {}, dict(contenders)
    for epoch in range(2, LIMIT + 1):
        for name, contender in list(running.items()):
            seconds[name].append(contender.ask("epoch")["seconds"])
            if epoch == recipe_epochs if name == OURS else epoch % EVERY == 0:
                elbo = contender.ask("validate")["elbo"]
                total = sum(seconds[name]) + np.median(seconds[name])
                rows[name] = {"epochs": epoch, "seconds": total, "elbo": elbo}
                print(f"{name}, {epoch} epochs, {total:.0f} s: {elbo:.2f}", flush=True)
                if elbo >= TARGET or name == OURS:
                    del running[name]
    return pd.DataFrame(rows).T.loc[list(contenders)]


def main() -> None:
    epochs = fewest_epochs()
    contenders = {OURS: recipe(epochs)}
    contenders |= {name: Contender(PROGRAMS[name][0], DEFAULT) for name in PEERS}
    table = race(contenders, epochs)
    table["times_ours"] = table["seconds"] / table.loc[OURS, "seconds"]
    print(table.round({"epochs": 0, "seconds": 1, "elbo": 2, "times_ours": 2}))


if __name__ == "__main__":
    main()
