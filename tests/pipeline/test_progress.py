"""What is shown on a terminal, of whatever size, and that a file gets no bar."""

import fcntl
import io
import os
import pty
import struct
import sys
import termios

import pytest

from vae.pipeline.progress import progress_bar


class Terminal(io.StringIO):
    """Has the size of a real one, and keeps what it shows."""

    encoding = "utf-8"

    def __init__(self, device):
        super().__init__()
        self.fileno = lambda: device

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Returns what makes a terminal of some size standard error, and returns it."""
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    screen, device = pty.openpty()

    def start(columns, lines):
        size = struct.pack("4H", lines, columns, 0, 0)
        fcntl.ioctl(device, termios.TIOCSWINSZ, size)
        # Python asks standard output, which is none here.
        size = os.terminal_size((columns, lines))
        monkeypatch.setattr("os.get_terminal_size", lambda *args: size)
        monkeypatch.setattr("sys.stderr", Terminal(device))
        return sys.stderr

    yield start
    os.close(screen)
    os.close(device)


@pytest.mark.parametrize(("columns", "lines"), [(0, 0), (80, 24), (120, 50)])
def test_a_terminal_shows_a_bar_that_fits(terminal, columns, lines):
    screen = terminal(columns, lines)
    with progress_bar("epoch", 20, initial=5) as bar:
        assert not bar.disable
        bar.set_postfix_str("ELBO -100.00", refresh=False)
        bar.update(5)
        bar.refresh()
    shown = [line.strip() for line in screen.getvalue().split("\r") if line.strip()]
    assert shown[-1].startswith("epoch 10/20 ")
    assert "left, ELBO -100.00" in shown[-1]
    assert shown[-1].count("█") == 8  # of 16
    assert all(len(line) <= (columns or 80) for line in shown)


def test_a_file_gets_no_bar(monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    with progress_bar("epoch", 20) as bar:
        assert bar.disable
        bar.update(20)
    assert file.getvalue() == ""
