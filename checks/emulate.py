"""Compare the bits of this CPU with those of others, emulated by qemu.

Prints a line for each CPU and configuration of checks/bits.py: the first digits of a
SHA-256 of all outputs, and whether it equals the one computed without emulation, or
which outputs differ. The exit status is 1 if any does. Takes more than an hour on two
cores, with all CPUs emulated at once. Needs qemu-x86_64, of Debian's package qemu-user.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
BITS = ROOT / "checks/bits.py"
CPUS = ["Haswell", "EPYC-Rome"]  # of Intel and of AMD, both without AVX-512

# By configuration, the SHA-256 of each output.
Hashes = dict[str, dict[str, str]]


def run_bits(prefix: list[str], *configurations: str) -> Hashes:
    """Hashes of configurations, run by a command that takes a program to run.

    Raises CalledProcessError if the run fails; its `stderr` says why.

    Args:
        prefix: the command.
        configurations: of checks/bits.py; none for all of them.
    """
    # The interpreter itself: qemu takes no link of a virtual environment.
    python = os.path.realpath(sys.executable)
    command = [*prefix, python, str(BITS), *configurations]
    paths = [sysconfig.get_path("purelib"), str(ROOT / "stages")]
    result = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {name: line[name] for line in lines for name in line}


def digest(hashes: dict[str, str]) -> str:
    """Twelve digits for all outputs of a configuration."""
    return hashlib.sha256("".join(hashes.values()).encode()).hexdigest()[:12]


def verdict(hashes: dict[str, str], reference: dict[str, str]) -> str:
    """`equal`, or `differs` and the outputs whose hashes do."""
    differing = [name for name in reference if hashes[name] != reference[name]]
    return " ".join(["differs:", *differing]) if differing else "equal"


def compare_cpus(qemu: str) -> bool:
    """Whether every emulated CPU gives the native bits; prints what each gives."""
    native = run_bits([])
    for name, hashes in native.items():
        print(f"{'native':<10} {name:<10} {digest(hashes)}", flush=True)
    equal = True
    with ThreadPoolExecutor() as pool:
        all_emulated = pool.map(run_bits, [[qemu, "-cpu", cpu] for cpu in CPUS])
        for cpu, emulated in zip(CPUS, all_emulated, strict=True):
            equal &= emulated == native
            for name, hashes in emulated.items():
                words = f"{digest(hashes)} {verdict(hashes, native[name])}"
                print(f"{cpu:<10} {name:<10} {words}", flush=True)
    return equal


def main() -> None:
    qemu = shutil.which("qemu-x86_64")
    if qemu is None:
        sys.exit("error: no qemu-x86_64; install it with: apt-get install qemu-user")
    try:
        sys.exit(not compare_cpus(qemu))
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: {error}\n{error.stderr}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


if __name__ == "__main__":
    main()
