"""Train side by side with other programs, and with matrix products alone.

    make bench                                                    everything
    .venv/bin/python benchmarks/bench.py --rounds 3 grey deep     some of it, quickly

In each round every program trains one epoch, in an order that rotates, so that what
else slows the machine slows all of them. Prints a table for each configuration, and
writes benchmarks/results.csv and benchmarks/throughput.png. Exit status 1 if the
losses of a configuration differ: then somebody has not done the work.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from chart import draw_throughput
from contenders import OURS, SGEMM, TRAINING, Contender, start
from programs.configurations import BOUND, CONFIGURATIONS, NUM_SAMPLES

FOLDER = Path("benchmarks")
TOLERANCE = 0.03  # of the loss of the last epoch, relative to ours


def run_rounds(contenders: dict[str, Contender], num_rounds: int) -> pd.DataFrame:
    """A row for each round and program: its images a second and its loss."""
    rows = []
    names = list(contenders)
    for i in range(num_rounds):
        shift = i % len(names)
        for name in names[shift:] + names[:shift]:
            answer = contenders[name].epoch()
            rate = contenders[name].num_images / answer["seconds"]
            rows.append((i, name, rate, answer["loss"]))
    return pd.DataFrame(rows, columns=["round", "program", "rate", "loss"])


def summarize(rounds: pd.DataFrame, contenders: dict[str, Contender]) -> pd.DataFrame:
    """Medians and ranges over the rounds, a row for each program.

    The ratio of ours over a program is taken in each round, then its median.
    """
    rate, loss = (
        rounds.pivot(index="round", columns="program", values=column)
        for column in ("rate", "loss")
    )
    ratio = rate[[OURS]].to_numpy() / rate
    starts = pd.DataFrame(
        {
            name: {
                "import_seconds": contender.import_seconds,
                "compile_seconds": contender.first_seconds
                - contender.num_images / rate[name].median(),
            }
            for name, contender in contenders.items()
        }
    )
    summary = {
        "images_per_second": rate.median(),
        "lowest": rate.min(),
        "highest": rate.max(),
        "ours_over_it": ratio.median(),
        "lowest_ratio": ratio.min(),
        "highest_ratio": ratio.max(),
        "loss": loss.iloc[-1].astype(float),
    }
    return pd.DataFrame(summary).join(starts.T).loc[list(contenders)]


def differing_losses(summary: pd.DataFrame) -> list[str]:
    """Words for each program whose last loss is too far from ours."""
    losses = summary.loc[summary.index.isin(TRAINING), "loss"]
    far = (losses / losses[OURS] - 1).abs() > TOLERANCE
    return [
        f"{name}: {loss:.2f}, ours {losses[OURS]:.2f}"
        for name, loss in losses[far].items()
    ]


def describe(name: str) -> str:
    """What is run, and the work that an image takes."""
    configuration = CONFIGURATIONS[name]
    hidden = configuration.hidden_units
    shape = "-".join(str(n) for n in (784, *hidden, configuration.latent_dim))
    if name == BOUND:
        what = f"log p(x) bounded by {NUM_SAMPLES} samples"
        work = configuration.bound_multiply_adds()
    else:
        pixels = "binary pixels drawn anew" if configuration.dynamic else "grey pixels"
        what = f"batch {configuration.batch_size}, {pixels}"
        work = configuration.training_multiply_adds()
    work = f"{work / 1e6:.2f} million multiply-adds an image"
    return f"{name}: {shape} {configuration.activation}, {what}; {work}"


def measure(name: str, num_rounds: int) -> pd.DataFrame:
    """The summary of a configuration, which it prints."""
    print(f"\n{describe(name)}", flush=True)
    contenders = start(name)
    try:
        rounds = run_rounds(contenders, num_rounds)
    finally:
        for contender in contenders.values():
            contender.close()
    summary = summarize(rounds, contenders)
    rates = ["images_per_second", "lowest", "highest"]
    print(summary.astype(dict.fromkeys(rates, int)).round(2).to_string())
    share = summary.loc[list(SGEMM), "ours_over_it"].min()
    print(f"ours over the fastest products: {share:.2f}", flush=True)
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare with other programs.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("configuration", nargs="*", default=list(CONFIGURATIONS))
    options = parser.parse_args()
    summaries = {name: measure(name, options.rounds) for name in options.configuration}
    results = pd.concat(summaries, names=["configuration", "program"])
    results.to_csv(FOLDER / "results.csv", float_format="%.4g", lineterminator="\n")
    draw_throughput(
        results.drop(index=BOUND, errors="ignore"), FOLDER / "throughput.png"
    )
    differing = [
        f"{name}: {words}"
        for name, summary in summaries.items()
        for words in differing_losses(summary)
    ]
    if differing:
        sys.exit("error: losses differ\n" + "\n".join(differing))


if __name__ == "__main__":
    main()
