"""Kill the pipeline at random moments, and see that nothing is lost.

    python checks/kill.py 50

clones the current commit into a temporary folder, runs a small configuration of the
pipeline there, and then, so many times: starts one of its stages again, kills all
processes with SIGKILL at a random moment of it, runs `dvc repro`, and compares every
output with that of the unbroken run. Each stage has its turn. DVC may not take outputs
from its cache: its run cache is off, and its record of the stage is removed before each
kill. Exit status 1 if any output differs or a run fails.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from clones import clone, environment, file_hashes

ROOT = Path(__file__).parent.parent
STAGES = list(yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"])
SMALL = {
    "model": {"latent_dim": 3, "hidden_units": [16]},
    "train": {"epochs": 8},
    "evaluate": {"num_samples": 1, "num_importance_samples": 12},
}


def change_params(folder: Path, changes: dict[str, dict]) -> None:
    """Change parameters, by section and name."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    for section, values in changes.items():
        params[section] |= values
    path.write_text(yaml.safe_dump(params))


def output_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 by path of every file under data/ and results/.

    But for hidden ones: a killed DVC leaves temporary files of its own.
    """
    hashes = file_hashes(folder, ["data", "results"])
    return {p: hashes[p] for p in hashes if not Path(p).name.startswith(".")}


def repro(folder: Path, log: Path, *options: str) -> subprocess.Popen:
    """Start the pipeline in a session of its own, all it prints appended to a log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            ["dvc", "repro", "--no-run-cache", *options],
            cwd=folder,
            env=environment(),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def forget(folder: Path, *stages: str) -> None:
    """Remove DVC's record of stages: they have to run, whatever is cached."""
    path = folder / "dvc.lock"
    lock = yaml.safe_load(path.read_text())
    for stage in stages:
        del lock["stages"][stage]
    path.write_text(yaml.safe_dump(lock))


def stage_seconds(folder: Path, log: Path) -> dict[str, float]:
    """Run all stages, and see how long each takes."""
    log.write_bytes(b"")
    run, starts = repro(folder, log), []
    for stage in STAGES:
        while script(stage) not in log.read_text() and run.poll() is None:
            time.sleep(0.01)
        starts.append(time.monotonic())
    if run.wait() != 0:
        sys.exit(log.read_text())
    ends = [*starts[1:], time.monotonic()]
    return {s: end - start for s, start, end in zip(STAGES, starts, ends, strict=True)}


def script(stage: str) -> str:
    """What DVC prints when it starts a stage."""
    return f"stages/{stage}.py"


def kill_once(
    folder: Path,
    log: Path,
    stage: str,
    seconds: float,
    *,
    after: str,
    by: signal.Signals = signal.SIGKILL,
) -> bool:
    """Kill a run of a stage, then run the pipeline; whether that ended well.

    Args:
        folder: of a pipeline that has run.
        log: gets what both runs print.
        stage: the only one that the killed run has to do.
        seconds: to wait before the kill.
        after: wait from the time that this is printed.
        by: the signal that all processes get; Ctrl-C sends SIGINT.
    """
    log.write_bytes(b"")
    forget(folder, stage)
    run = repro(folder, log, "--single-item", stage)
    while after not in log.read_text() and run.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    if run.poll() is None:
        os.killpg(run.pid, by)
    run.wait()
    unlock(folder)
    return repro(folder, log).wait() == 0


def unlock(folder: Path) -> None:
    """As `make` does before `dvc repro`: a kill leaves half of one of DVC's locks."""
    lock = folder / ".dvc/tmp/rwlock"
    try:
        json.loads(lock.read_text())
    except FileNotFoundError:
        pass
    except ValueError:
        lock.unlink()
    try:
        yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    except (yaml.YAMLError, TypeError, KeyError):
        subprocess.run(
            ["git", "checkout", "--quiet", "dvc.lock"], cwd=folder, check=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the pipeline at random moments.")
    parser.add_argument("kills", type=int, help="how many times")
    kills = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as temporary:
        log = Path(temporary, "log")
        folder = clone(ROOT, Path(temporary, "clone"))
        change_params(folder, SMALL)
        if repro(folder, log).wait() != 0:
            sys.exit(log.read_text())
        # The next downloads need not ask an index again.
        shutil.copytree(folder / "data/verified", folder / "data/raw")
        expected = output_hashes(folder)
        forget(folder, *STAGES)
        duration = stage_seconds(folder, log)
        failures = 0
        for i in range(kills):
            stage = STAGES[i % len(STAGES)]
            seconds = random.uniform(0, duration[stage])
            ended_well = kill_once(folder, log, stage, seconds, after=script(stage))
            equal = output_hashes(folder) == expected
            failures += not (ended_well and equal)
            resumed = "going on after" in log.read_text()
            print(
                f"{i + 1}/{kills}: killed after {seconds:.1f} s of {stage}, "
                f"{'resumed, ' if resumed else ''}{'equal' if equal else 'DIFFERENT'}",
                flush=True,
            )
            if not ended_well:
                print(log.read_text())
    sys.exit(f"{failures} of {kills} went wrong" if failures else 0)


if __name__ == "__main__":
    main()
