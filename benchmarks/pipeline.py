"""What `dvc repro` takes, in a clone of the current commit; printed, not written.

    make bench-pipeline

Of a forced run: the seconds and the peak memory of each stage, and what there is beyond
the epochs of the training, compilation included. Then runs with nothing to do, and runs
after a change to how figures look. Takes about three minutes.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STYLE = "stages/vae/figures/style.py"  # figures alone depend on it
EPOCH = re.compile(r"epoch (\d+)/(\d+)")

# Takes the place of the interpreter that stages call: runs it, and notes what it used.
RECORDER = """#!{python}
import json, os, sys, time
start = time.perf_counter()
child = os.spawnv(os.P_NOWAIT, {python!r}, [{python!r}, *sys.argv[1:]])
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
with open({log!r}, "a") as file:
    file.write(json.dumps([sys.argv[-1], seconds, usage.ru_maxrss / 1024]) + "\\n")
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Clone:
    """A clone of the current commit in a folder, whose stages are recorded."""

    def __init__(self, folder: Path):
        self.path = folder / "clone"
        self._log = folder / "log"
        subprocess.run(["git", "clone", "--quiet", Path.cwd(), self.path], check=True)
        recorder = folder / "bin/python"
        recorder.parent.mkdir()
        recorder.write_text(RECORDER.format(python=sys.executable, log=str(self._log)))
        recorder.chmod(0o755)
        path = [str(recorder.parent), str(Path(sys.executable).parent)]
        self._environment = os.environ | {
            "PATH": os.pathsep.join([*path, os.environ["PATH"]])
        }

    def repro(self, *options: str) -> tuple[float, list[tuple[float, str]]]:
        """Seconds of a run, and its lines with the times at which they came."""
        start = time.perf_counter()
        process = subprocess.Popen(
            ["dvc", "repro", *options],
            cwd=self.path,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = [(time.perf_counter(), line) for line in process.stdout]
        if process.wait() != 0:
            sys.exit("error: dvc repro failed\n" + "".join(line for _, line in lines))
        return time.perf_counter() - start, lines

    def stages(self) -> list[tuple[str, float, float]]:
        """Script, seconds and peak memory in MiB of the stages that ran."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]


def epoch_seconds(lines: list[tuple[float, str]]) -> float:
    """Of all epochs, as if the first had not had to compile anything."""
    times = [(when, match) for when, line in lines if (match := EPOCH.match(line))]
    (first, _), (last, match) = times[0], times[-1]
    return (last - first) / (len(times) - 1) * int(match[2])


def report_forced(clone: Clone) -> None:
    """Run everything, and print what it took."""
    total, lines = clone.repro("--force")
    epochs = epoch_seconds(lines)
    for script, seconds, peak in clone.stages():
        print(f"{script:<24} {seconds:6.1f} s {peak:6.0f} MiB")
    print(
        f"dvc repro --force: {total:.1f} s, of these {epochs:.1f} s for the epochs "
        f"and {total - epochs:.1f} s beyond them",
        flush=True,
    )


def report_repeated(clone: Clone) -> None:
    """Run with nothing to do, and after changes to how figures look."""
    idle = [clone.repro()[0] for _ in range(5)]
    print(f"nothing to do: {statistics.median(idle):.2f} s, median of {len(idle)}")
    changed = []
    for i in range(3):
        with (clone.path / STYLE).open("a") as file:
            file.write(f"# change {i}\n")
        changed.append(clone.repro()[0])
    print(
        f"after a change to figures: {statistics.median(changed):.2f} s, "
        f"median of {len(changed)}"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Clone(Path(folder))
        report_forced(clone)
        report_repeated(clone)


if __name__ == "__main__":
    main()
