"""The style of the figures; runs of `render` are in `test_stages.py`."""

from matplotlib import rc_context
from matplotlib.figure import Figure

import render


def test_figures_have_the_style_and_no_setting_of_a_user():
    def draw():
        figure = Figure(figsize=(1, 1))
        figure.text(0.5, 0.5, "$x$")
        return figure

    content = render.png(draw, {})
    # The width: an inch and the margins of a tight box, at 160 dots per inch.
    assert int.from_bytes(content[16:20]) == 192
    own = {"text.usetex": True, "figure.facecolor": "red", "savefig.pad_inches": 1}
    with rc_context(own):  # as at the start of a process that reads such a file
        assert render.png(draw, {}) == content
