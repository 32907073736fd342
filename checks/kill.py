"""Kill the pipeline at random moments, and see that nothing is lost.

    python checks/kill.py 50

clones the current commit into a temporary folder, runs a small configuration of the
pipeline there, and then, so many times: starts one of its stages again, kills all
processes with SIGKILL at a random moment of it, runs `dvc repro`, and compares every
output with that of the unbroken run. Each stage has its turn. Exit status 1 if any
output differs or a run fails.
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

import yaml

from clones import change_params, clone, environment, file_hashes, unlock
from command import Parser, of, run
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
    """Return the SHA-256 by path of what is in data/ and results/."""
    # A killed DVC leaves temporary files of its own, which are hidden.
    hashes = file_hashes(folder, ["data", "results"])
    return {p: hashes[p] for p in hashes if not Path(p).name.startswith(".")}


def repro(folder: Path, log: Path, *options: str) -> subprocess.Popen:
    """Start the pipeline in a session of its own, all it prints appended to a log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            ["dvc", "repro", "--no-run-cache", *options],  # outputs are computed
            cwd=folder,
            env=environment(),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for(printed: str, log: Path, run: subprocess.Popen) -> None:
    """Wait until a text is in the log of a run, or the run ends."""
    while printed not in log.read_text() and run.poll() is None:
        time.sleep(0.01)


def forget(folder: Path, *stages: str) -> None:
    """Remove DVC's record of stages: they have to run, whatever is cached."""
    path = folder / "dvc.lock"
    lock = yaml.safe_load(path.read_text())
    for stage in stages:
        del lock["stages"][stage]
    path.write_text(yaml.safe_dump(lock))


def stage_seconds(folder: Path, log: Path) -> dict[str, float]:
    """Run all stages, and return how long each takes."""
    log.write_bytes(b"")
    run, times = repro(folder, log), []
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
    """Kill a run of a stage, then run the pipeline; say whether that ended well.

    All processes get the signal `by`, some seconds after the run has printed `after`.
    """
    log.write_bytes(b"")
    forget(folder, stage)
    run = repro(folder, log, "--single-item", stage)
    wait_for(after, log, run)
    time.sleep(seconds)
    if run.poll() is None:
        os.killpg(run.pid, by)
    run.wait()
    unlock(folder)
    return repro(folder, log).wait() == 0


def run_unbroken(folder: Path, log: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Run a small pipeline in a clone; return its hashes, and the seconds by stage."""
    change_params(folder / "params.yaml", SMALL)
    stage_seconds(folder, log)
    # The next downloads need not ask an index again.
    shutil.copytree(folder / "data/verified", folder / "data/raw")
    forget(folder, *STAGES)
    seconds = stage_seconds(folder, log)
    return output_hashes(folder), seconds


def main() -> None:
    parser = Parser(description="Kill the pipeline at random moments.")
    parser.add_argument("kills", type=of(Count), help="how many times")
    kills = parser.parse_args().kills
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        log = Path(temporary, "log")
        try:
            folder = clone(ROOT, Path(temporary, "clone"))
        except subprocess.CalledProcessError as error:
            said = " ".join(error.stderr.split())
            raise PipelineError(f"git clone: {said}") from None
        expected, durations = run_unbroken(folder, log)
        for i in range(kills):
            stage = STAGES[i % len(STAGES)]
            seconds = random.uniform(0, durations[stage])
            after = f"stages/{stage}.py"
            ended_well = kill_once(folder, log, stage, seconds, after)
            well = ended_well and output_hashes(folder) == expected
            failures += not well
            resumed = "resumed, " if "continuing after" in log.read_text() else ""
            moment = f"{i + 1}/{kills}: killed after {seconds:.1f} s of {stage}"
            print(f"{moment}, {resumed}{'equal' if well else 'DIFFERENT'}", flush=True)
            if not ended_well:
                print(log.read_text())
    sys.exit(f"{failures} of {kills} went wrong" if failures else 0)


if __name__ == "__main__":
    run(main)
