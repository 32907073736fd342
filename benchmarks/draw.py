"""Draw the figures of results.csv and growth.csv: python benchmarks/draw.py."""

import sys
from pathlib import Path

import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "stages"))

from vae.figures.style import REFERENCE, STYLE  # noqa: E402

# Rows of the figure, from top to bottom.
PROGRAMS = ["ours", "JAX", "Keras fit", "PyTorch compiled", "PyTorch eager"]


def draw_throughput(results: pd.DataFrame) -> Figure:
    """Draw images per second: medians with ranges, and the limit by matrix products.

    Args:
        results: rows of results.csv, by configuration and program.
    """
    rates = results[["images_per_second", "lowest", "highest"]] / 1000
    is_limit = results.index.get_level_values("program").str.startswith("SGEMM")
    limits = rates[is_limit]["images_per_second"].groupby("configuration").max()
    names = [n for n in results.index.unique("configuration") if n != "bound"]
    figure = Figure(figsize=(8, 2.4), layout="constrained")
    all_axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(all_axes, names, strict=True):
        bars = rates.loc[name].loc[PROGRAMS[::-1]]
        rate = bars["images_per_second"]
        errors = [rate - bars["lowest"], bars["highest"] - rate]
        colors = ["C0" if program == "ours" else "0.7" for program in bars.index]
        axes.barh(bars.index, rate, xerr=errors, color=colors, capsize=2)
        axes.axvline(limits[name], label="matrix products alone", **REFERENCE)
        axes.set_title(name)
        axes.set_xlim(left=0)
    figure.supxlabel("thousand images per second", fontsize="medium")
    handles, labels = all_axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right")
    return figure


def draw_growth(growth: pd.DataFrame) -> Figure:
    """Draw time above memory, in a column per axis.

    Dashed lines show linear growth, dotted lines the matrix products alone.
    """
    names = growth["axis"].unique()
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.subplots(2, len(names), sharex="col", sharey="row")
    for column, name in zip(axes.T, names, strict=True):
        points = growth[growth["axis"] == name]
        value = points["value"]
        for ax, quantity in zip(column, ["seconds", "peak_mib"], strict=True):
            ax.loglog(value, points[quantity], "o-", markersize=4)
        column[0].loglog(value, points["products_seconds"], ":", color="0.3")
        ends = value.iloc[[0, -1]]
        linear = points["seconds"].iloc[-1] * ends / ends.iloc[-1]
        column[0].loglog(ends, linear, **REFERENCE)
        column[1].set_xlabel(name)
        column[1].set_xticks(ends, [f"{end:,}" for end in ends])
        first, *_, last = column[1].get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
        column[1].minorticks_off()
    low, high = growth["seconds"].min(), growth["seconds"].max()
    axes[0, 0].set_ylim(low / 2, high * 2)
    axes[1, 0].set_yticks([500, 1000, 2000, 4000], ["500", "1,000", "2,000", "4,000"])
    axes[0, 0].yaxis.set_major_formatter("{x:g}")
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("peak memory, MiB")
    return figure


def main() -> None:
    results = pd.read_csv(FOLDER / "results.csv")
    growth = pd.read_csv(FOLDER / "growth.csv")
    with style.context(["default", *STYLE]):
        throughput = draw_throughput(results.set_index(["configuration", "program"]))
        for name, figure in (
            ("throughput", throughput),
            ("growth", draw_growth(growth)),
        ):
            figure.savefig(FOLDER / f"{name}.png", metadata={"Software": None})


if __name__ == "__main__":
    main()
