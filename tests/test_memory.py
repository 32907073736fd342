"""What is freed leaves the process."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from vae.memory import release_memory

STAGES = Path(__file__).parent.parent / "stages"
PIECES = """
from vae.memory import release_memory

def resident_mib():
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

pieces = [bytes([i % 256]) * 100_000 for i in range(2_000)]
full = resident_mib()
del pieces[:-1]  # the last is above the others
kept = resident_mib()
release_memory()
print(full - kept, kept - resident_mib())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_what_is_freed_goes_back_also_below_what_is_kept():
    """1,999 pieces of 98 KiB, not before it is asked for."""
    command = [sys.executable, "-c", PIECES]
    output = subprocess.run(command, env={"PYTHONPATH": STAGES}, capture_output=True)
    at_once, asked = map(float, output.stdout.split())
    assert at_once < 10
    assert asked == pytest.approx(191, rel=0.1)


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    release_memory()
