"""How all figures look."""

# Ten colours made to be told apart by colour-blind readers (Petroff 2021, arXiv
# 2107.02270).
STYLE = [
    "petroff10",
    {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": "medium",
        "font.size": 9,
        "legend.frameon": False,
        "savefig.bbox": "tight",
        "savefig.dpi": 160,
    },
]
REFERENCE = {"color": "0.3", "linewidth": 0.8, "linestyle": "--"}  # thin lines
