"""Figures of the benchmarks, made to be read at 800 pixels of width."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from contenders import SGEMM, TRAINING

COLORS = ["#1b6ca8", "#e08a1e", "#c44e52", "#e6a6a8", "#5b9f63"]


def draw_throughput(results: pd.DataFrame, path: Path) -> None:
    """Bars of images a second with their ranges; a line where the products end."""
    configurations = results.index.unique("configuration")
    figure, axes = plt.subplots(
        1,
        len(configurations),
        figsize=(2 * len(configurations), 3.6),
        squeeze=False,
        layout="constrained",
    )
    for ax, name in zip(axes[0], configurations, strict=True):
        summary = results.loc[name]
        programs = summary.loc[list(TRAINING)] / 1000
        rate = programs["images_per_second"]
        errors = [rate - programs["lowest"], programs["highest"] - rate]
        ax.bar(rate.index, rate, color=COLORS, yerr=errors, capsize=3, width=0.85)
        limit = summary.loc[list(SGEMM), "images_per_second"].max() / 1000
        ax.axhline(limit, color="0.3", linestyle="--", linewidth=1)
        ax.set_title(name)
        ax.set_xticks([])
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("thousand images a second")
    handles = [plt.Rectangle((0, 0), 1, 1, color=color) for color in COLORS]
    handles.append(plt.Line2D([], [], color="0.3", linestyle="--", linewidth=1))
    labels = [*TRAINING, "matrix products alone"]
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)


def draw_growth(growth: pd.DataFrame, path: Path) -> None:
    """Time above memory, a column for each axis; dashed where growth is linear."""
    names = growth["axis"].unique()
    figure, axes = plt.subplots(
        2,
        len(names),
        figsize=(10, 4.4),
        sharex="col",
        sharey="row",
        layout="constrained",
    )
    for column, name in zip(axes.T, names, strict=True):
        points = growth[growth["axis"] == name]
        value = points["value"]
        for ax, quantity in zip(column, ["seconds", "peak_mib"], strict=True):
            ax.loglog(value, points[quantity], marker="o", color=COLORS[0])
            ax.spines[["top", "right"]].set_visible(False)
        ends = value.iloc[[0, -1]]
        linear = points["seconds"].iloc[-1] * ends / ends.iloc[-1]
        column[0].loglog(ends, linear, color="0.3", linestyle="--", linewidth=1)
        column[1].set_xlabel(name)
        column[1].set_xticks(ends, [f"{end:,}" for end in ends])
        column[1].minorticks_off()
    low, high = growth["seconds"].min(), growth["seconds"].max()
    axes[0, 0].set_ylim(low / 2, high * 2)
    axes[1, 0].set_yticks([500, 1000, 2000, 4000], ["500", "1,000", "2,000", "4,000"])
    axes[0, 0].yaxis.set_major_formatter("{x:g}")
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("peak memory, MiB")
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)
