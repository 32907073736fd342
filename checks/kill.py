"""Kill the pipeline at random moments and check that it recovers.

    python checks/kill.py 50

This clones the current commit into a temporary folder and runs a small configuration
there. Then, 50 times, it runs a stage again and kills all its processes with SIGKILL at
a random moment. After each kill, `dvc repro` must produce the same outputs as before.
Stages take turns. The exit status is 1 if any output differs or a run fails.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from command import Parser, parse_as, run  # before packages

# isort: split
import yaml

from clones import change_params, clone, environment, file_hashes, repair_locks
from vae.pipeline.errors import PipelineError
from vae.pipeline.schema import Count

ROOT = Path(__file__).parent.parent
STAGES = list(yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"])
SMALL = {
    "model.latent_dim": 3,
    "model.hidden_units": [16],
    "train.epochs": 8,
    "evaluate.num_samples": 1,
    "evaluate.num_importance_samples": 12,
}


def output_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of all files in data/ and results/, by path."""
    # A killed DVC leaves hidden temporary files.
    hashes = file_hashes(folder, ["data", "results"])
    return {p: hashes[p] for p in hashes if not Path(p).name.startswith(".")}


def start_repro(folder: Path, log: Path, *options: str) -> subprocess.Popen:
    """Start `dvc repro` in a new session; append its output to a log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            ["dvc", "repro", "--no-run-cache", *options],  # computes every output
            cwd=folder,
            env=environment(),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for(printed: str, log: Path, run: subprocess.Popen) -> None:
    """Wait until the log of a run contains a text, or the run ends."""
    while printed not in log.read_text() and run.poll() is None:
        time.sleep(0.01)


def forget_stages(folder: Path, *stages: str) -> None:
    """Remove stages from `dvc.lock`, so that they run again."""
    path = folder / "dvc.lock"
    lock = yaml.safe_load(path.read_text())
    for stage in stages:
        del lock["stages"][stage]
    path.write_text(yaml.safe_dump(lock))


def stage_seconds(folder: Path, log: Path) -> dict[str, float]:
    """Run all stages and return the duration of each."""
    log.write_bytes(b"")
    run, times = start_repro(folder, log), []
    for stage in STAGES:
        wait_for(f"stages/{stage}.py", log, run)  # DVC prints the command
        times.append(time.monotonic())
    if run.wait() != 0:
        sys.exit(log.read_text())
    times.append(time.monotonic())
    return {stage: times[i + 1] - times[i] for i, stage in enumerate(STAGES)}


def kill_once(
    folder: Path,
    log: Path,
    stage: str,
    seconds: float,
    after: str,
    by: signal.Signals = signal.SIGKILL,
) -> bool:
    """Kill a run of a stage, then run the pipeline; return whether it succeeds.

    All processes get the signal `by`, `seconds` after the run has printed `after`.
    """
    log.write_bytes(b"")
    forget_stages(folder, stage)
    run = start_repro(folder, log, "--single-item", stage)
    wait_for(after, log, run)
    time.sleep(seconds)
    if run.poll() is None:
        os.killpg(run.pid, by)
    run.wait()
    repair_locks(folder)
    return start_repro(folder, log).wait() == 0


def run_whole(folder: Path, log: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Run a small pipeline in a clone; return its hashes and seconds, by stage."""
    change_params(folder / "params.yaml", SMALL)
    stage_seconds(folder, log)
    # The next downloads need no network.
    shutil.copytree(folder / "data/verified", folder / "data/raw")
    forget_stages(folder, *STAGES)
    seconds = stage_seconds(folder, log)
    return output_hashes(folder), seconds


def main() -> None:
    parser = Parser(description="Kill the pipeline at random moments.")
    parser.add_argument("kills", type=parse_as(Count), help="number of kills")
    kills = parser.parse_args().kills
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        log = Path(temporary, "log")
        try:
            folder = clone(ROOT, Path(temporary, "clone"))
        except subprocess.CalledProcessError as error:
            reason = " ".join(error.stderr.split())
            raise PipelineError(f"git clone: {reason}") from None
        expected, durations = run_whole(folder, log)
        for i in range(kills):
            stage = STAGES[i % len(STAGES)]
            seconds = random.uniform(0, durations[stage])
            after = f"stages/{stage}.py"
            succeeded = kill_once(folder, log, stage, seconds, after)
            equal = succeeded and output_hashes(folder) == expected
            failures += not equal
            resumed = "resumed, " if "continuing after" in log.read_text() else ""
            moment = f"{i + 1}/{kills}: killed after {seconds:.1f} s of {stage}"
            print(f"{moment}, {resumed}{'equal' if equal else 'DIFFERENT'}", flush=True)
            if not succeeded:
                print(log.read_text())
    sys.exit(f"{failures} of {kills} failed" if failures else 0)


if __name__ == "__main__":
    run(main)
