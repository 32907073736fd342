"""The progress bar of a terminal; `test_stages.py` has what is printed without one."""

import io
import sys

from vae.pipeline.progress import progress_bar


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_terminal_shows_a_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress_bar("epoch", 20, initial=5) as bar:
        assert not bar.disable
        bar.set_postfix_str("ELBO -100.00", refresh=False)
        bar.update(5)
        bar.refresh()
    shown = sys.stderr.getvalue().split("\r")[-1]
    assert shown.startswith("epoch 10/20 ") and "left, ELBO -100.00" in shown
    assert shown.count("█") == 8  # of 16
