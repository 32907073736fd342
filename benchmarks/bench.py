"""Compare the speed of training with other programs.

    make bench                                                    everything
    .venv/bin/python benchmarks/bench.py --rounds 3 gray deep     two configurations

In each round every program trains one epoch. The order rotates, so that other load on
the machine slows all of them. Prints a table per configuration and writes
benchmarks/results.csv. The exit status is 1 if the losses of a configuration differ, so
that its programs have not done the same work.
"""

import sys
from collections import deque
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from command import Parser, parse_as, run  # before packages

# isort: split
import pandas as pd

from contenders import CONFIGURATIONS, OURS, PROGRAMS, Contender
from vae.pipeline.schema import Count

FOLDER = Path(__file__).parent
TOLERANCE = 0.03  # relative difference of the last epoch's loss from ours


def run_rounds(contenders: dict[str, Contender], num_rounds: int) -> pd.DataFrame:
    """Return a row per round and program: images per second and loss."""
    rows = []
    order = deque(contenders.items())
    for i in range(num_rounds):
        for name, contender in order:
            answer = contender.ask("epoch")
            rate = contender.num_images / answer["seconds"]
            rows.append((i, name, rate, answer["loss"]))
        order.rotate(-1)
    return pd.DataFrame(rows, columns=["round", "program", "rate", "loss"])


def summarize(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return medians and ranges of rates and ratios over rounds, a row per program."""
    table = rounds.pivot(index="round", columns="program")
    rate, loss = table["rate"], table["loss"]
    ratio = rate[[OURS]].to_numpy() / rate
    summary = {
        "images_per_second": rate.median(),
        "lowest": rate.min(),
        "highest": rate.max(),
        "ours_over_it": ratio.median(),
        "lowest_ratio": ratio.min(),
        "highest_ratio": ratio.max(),
        "loss": loss.iloc[-1].astype(float),
    }
    return pd.DataFrame(summary).loc[rounds["program"].unique()]


def measure(name: str, num_rounds: int) -> pd.DataFrame:
    """Measure a configuration; print its summary and return it."""
    configuration = CONFIGURATIONS[name]
    print(f"\n{name}: {configuration}", flush=True)
    contenders = {
        label: Contender(module, configuration, **options)
        for label, (module, options) in PROGRAMS.items()
    }
    summary = summarize(run_rounds(contenders, num_rounds))
    for contender in contenders.values():
        contender.close()
    print(summary.round(2).to_string(), flush=True)
    return summary


def main() -> None:
    parser = Parser(description="Compare with other programs.")
    parser.add_argument("--rounds", type=parse_as(Count), default=7)
    known = parse_as(Literal[tuple(CONFIGURATIONS)])
    parser.add_argument("configuration", nargs="*", type=known, help="default: all")
    options = parser.parse_args()
    names = options.configuration or list(CONFIGURATIONS)
    summaries = {name: measure(name, options.rounds) for name in names}
    results = pd.concat(summaries, names=["configuration", "program"])
    loss = results["loss"]
    relative = loss.div(loss.xs(OURS, level="program"), level="configuration") - 1
    differing = loss[~(relative.abs() <= TOLERANCE)]
    if len(differing):
        sys.exit(f"error: losses differ\n{differing.to_string()}")
    results.to_csv(FOLDER / "results.csv", float_format="%.4g", lineterminator="\n")


if __name__ == "__main__":
    run(main)
