"""Measure the time and memory of the pipeline in a clone of the current commit.

    make bench-pipeline

Prints seconds and peak memory of each stage, including DVC itself; then the seconds of
`dvc repro` unchanged and after a change of the style of figures. Takes 3 minutes.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "checks"))

from clones import clone, environment

STAGES = ("check", "download", "preprocess", "train", "evaluate", "render", "explore")
STYLE = "stages/vae/figures/style.py"  # affects figures alone
EPOCH = re.compile(r"epoch (\d+)/(\d+)")


def repro(project: Path, *options: str) -> tuple[float, float, list[tuple[float, str]]]:
    """Run `dvc repro`; return seconds, peak MiB, and output lines with their times."""
    start = time.perf_counter()
    process = subprocess.Popen(
        ["dvc", "repro", *options],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = [(time.perf_counter(), line) for line in process.stdout]
    _, status, usage = os.wait4(process.pid, 0)  # includes child processes
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("error: dvc repro failed\n" + "".join(line for _, line in lines))
    return time.perf_counter() - start, usage.ru_maxrss / 1024, lines


def epoch_seconds(lines: list[tuple[float, str]]) -> float:
    """Return the seconds of all epochs without compilation, from those after one."""
    times = [(when, match) for when, line in lines if (match := EPOCH.match(line))]
    (first, _), (last, match) = times[0], times[-1]
    return (last - first) / (len(times) - 1) * int(match[2])


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        project = clone(Path.cwd(), Path(temporary, "clone"))
        total = 0.0
        for stage in STAGES:
            seconds, peak, lines = repro(project, "--force", "--single-item", stage)
            total += seconds
            note = f", epochs {epoch_seconds(lines):.1f} s" if stage == "train" else ""
            print(f"{stage:<10} {seconds:6.1f} s {peak:6.0f} MiB{note}", flush=True)
        print(f"all stages {total:6.1f} s")
        idle = median(repro(project)[0] for _ in range(5))
        print(f"no changes: {idle:.2f} s, median of 5")
        changed = []
        for _ in range(3):
            with (project / STYLE).open("a") as file:
                file.write("# changed\n")
            changed.append(repro(project)[0])
        print(f"figures alone: {median(changed):.2f} s, median of 3")


if __name__ == "__main__":
    main()
