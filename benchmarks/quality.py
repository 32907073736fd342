"""Measure the seconds of training until the validation ELBO reaches a target.

    make bench-quality

The other programs train the default network with Adam at a constant 1e-3. The recipe of
`params.yaml` has a schedule, which depends on the number of epochs: it gets the
smallest number, in steps of five, that reaches the target in its last epoch. After a
change of the trainer, that number has to be found again. Programs take turns per epoch,
so that other load on the machine slows all of them.
"""

from collections import defaultdict

import numpy as np
import pandas as pd

from contenders import DEFAULT, OURS, PARAMS, PROGRAMS, Contender

PEERS = ("JAX", "PyTorch eager", "Keras fit")
TARGET = -133.0  # nats per image
RECIPE_EPOCHS = 40
EVERY = 5  # epochs between validations
LIMIT = 400  # epochs


def race(contenders: dict[str, Contender]) -> pd.DataFrame:
    """Return a row per program: epochs, seconds and last ELBO.

    Our trainer ends after RECIPE_EPOCHS, the others at the target. The first epoch,
    which compiles, counts as the median of the other epochs.
    """
    seconds = defaultdict(list)
    rows, running = {}, dict(contenders)
    for epoch in range(2, LIMIT + 1):
        for name, contender in list(running.items()):
            seconds[name].append(contender.ask("epoch")["seconds"])
            if epoch == RECIPE_EPOCHS if name == OURS else epoch % EVERY == 0:
                elbo = contender.ask("validate")["elbo"]
                total = sum(seconds[name]) + np.median(seconds[name])
                rows[name] = {"epochs": epoch, "seconds": total, "elbo": elbo}
                print(f"{name}, {epoch} epochs, {total:.0f} s: {elbo:.2f}", flush=True)
                if elbo >= TARGET or name == OURS:
                    del running[name]
    return pd.DataFrame(rows).T.loc[list(contenders)]


def main() -> None:
    recipe = {name: PARAMS["train"][name] for name in ("learning_rate", "schedule")}
    ours = Contender("ours", DEFAULT, epochs=RECIPE_EPOCHS, **recipe)
    contenders = {OURS: ours}
    contenders |= {name: Contender(PROGRAMS[name][0], DEFAULT) for name in PEERS}
    table = race(contenders)
    table["times_ours"] = table["seconds"] / table.loc[OURS, "seconds"]
    print(table.round({"epochs": 0, "seconds": 1, "elbo": 2, "times_ours": 2}))


if __name__ == "__main__":
    main()
