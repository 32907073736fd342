"""The style of all figures, with sizes for a README that is 830 pixels wide."""

from matplotlib import color_sequences, rcsetup

STYLE = [
    "default",  # replaces a user's matplotlibrc
    {
        # Suitable for all kinds of color vision (Petroff 2021, arXiv 2107.02270).
        "axes.prop_cycle": rcsetup.cycler(color=color_sequences["petroff10"]),
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

# Colors of the ten classes. Their smallest distance in OKLab is 0.15, and 0.12 with any
# of the three kinds of color blindness. For the style's colors it is 0.09 and 0.06.
CLASS_COLORS = [
    *("#1e1e96", "#d2871e", "#69a5ff", "#b41e00", "#5a69e1"),
    *("#5a5a78", "#96e1d2", "#69001e", "#968796", "#e1d23c"),
]
CLASS_MARKERS = "osD^v<>PX*"


def shorten(name: str) -> str:
    """Shorten the name of a class to at most 14 characters."""
    return name if len(name) <= 14 else f"{name[:13]}\N{HORIZONTAL ELLIPSIS}"
