"""How all figures look. Sizes are those at which a README of 830 pixels shows them."""

from matplotlib import color_sequences, rcsetup

STYLE = [
    "default",  # Matplotlib's, whatever a user's matplotlibrc says
    {
        # For readers of any color vision (Petroff 2021, arXiv 2107.02270).
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

# Colors of the ten classes, further apart than those of the style, in which two pairs
# of greys and browns are hard to tell: their smallest distance is 0.15 in OKLab, and
# 0.12 as seen with any of the three kinds of color blindness, against 0.09 and 0.06.
CLASS_COLORS = [
    *("#1e1e96", "#d2871e", "#69a5ff", "#b41e00", "#5a69e1"),
    *("#5a5a78", "#96e1d2", "#69001e", "#968796", "#e1d23c"),
]
CLASS_MARKERS = "osD^v<>PX*"
