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

def freed(pieces):  # all but the last, which is above the others
    before = resident_mib()
    del pieces[:-1]
    return before - resident_mib()

large = bytes([1]) * 20_000_000
del large  # after which glibc would keep what is smaller
release_memory()
print(freed([bytes([i]) * 10_000_000 for i in range(10)]))
small = [bytes([i % 256]) * 100_000 for i in range(2_000)]
print(freed(small))
before = resident_mib()
release_memory()
print(before - resident_mib())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_what_is_freed_goes_back_also_below_what_is_kept():
    """9 pieces of 9.5 MiB at once, 1,999 of 98 KiB when it is asked for."""
    command = [sys.executable, "-c", PIECES]
    output = subprocess.run(command, env={"PYTHONPATH": STAGES}, capture_output=True)
    large, small, asked = map(float, output.stdout.split())
    assert large == pytest.approx(86, rel=0.1)
    assert small < 10
    assert asked == pytest.approx(191, rel=0.1)


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    release_memory()
