"""The style of the figures; runs of `render` are in `test_stages.py`."""

from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure

import render


def test_figures_have_the_style_and_no_setting_of_a_user():
    def draw():
        assert rcParams["savefig.dpi"] == 160 and not rcParams["axes.spines.top"]
        figure = Figure()
        figure.text(0.5, 0.5, "$x$")
        return figure

    content = render.png(draw, {})
    own = {"text.usetex": True, "figure.facecolor": "red", "savefig.pad_inches": 1}
    with rc_context(own):  # as at the start of a process that reads such a file
        assert render.png(draw, {}) == content
