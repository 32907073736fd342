"""The progress bar fits a terminal of any size."""

import io
import os
import pty
import termios

import pytest

from vae.pipeline.progress import progress_bar


class Terminal(io.StringIO):
    """A terminal with a size, which keeps its output."""

    encoding = "utf-8"

    def __init__(self, columns, lines):
        super().__init__()
        self.screen, self.device = pty.openpty()
        termios.tcsetwinsize(self.device, (lines, columns))

    def fileno(self):
        return self.device

    def isatty(self):
        return True


@pytest.mark.parametrize(("columns", "lines"), [(0, 0), (80, 24), (120, 50)])
def test_a_terminal_shows_a_bar_that_fits(monkeypatch, columns, lines):
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    screen = Terminal(columns, lines)
    monkeypatch.setattr("sys.stderr", screen)
    # Python would ask standard output, which is not a terminal here.
    size = os.terminal_size((columns, lines))
    monkeypatch.setattr("os.get_terminal_size", lambda *args: size)
    with progress_bar("epoch", 20, initial=5) as bar:
        assert not bar.disable
        bar.set_postfix_str("ELBO -100.00", refresh=False)
        bar.update(5)
        bar.refresh()
    os.close(screen.screen)
    os.close(screen.device)
    shown = [line.strip() for line in screen.getvalue().split("\r") if line.strip()]
    assert shown[-1].startswith("epoch 10/20 ")
    assert "left, ELBO -100.00" in shown[-1]
    assert shown[-1].count("█") == 8  # of 16
    assert all(len(line) <= (columns or 80) for line in shown)
