"""A project whose stages are toys, for studies: real Git, DVC and Dask, no training."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from conftest import ROOT

PIPELINE = """\
stages:
  preprocess:
    cmd: echo images > data.txt
    params: [preprocess]
    outs: [data.txt]
  train:
    cmd: python -B stages/train.py ${train.seed} ${train.epochs}
    deps: [data.txt, stages/train.py]
    params: [train]
    outs: [results/model.safetensors]
  evaluate:
    cmd: python -B stages/evaluate.py
    deps: [stages/evaluate.py, results/model.safetensors]
    params: [model]
    metrics:
      - results/metrics.json: {cache: false}
      - results/standard_errors.csv: {cache: false}
"""

# Says when it starts to train and at which epoch; may be held until a file is there.
TRAIN = """\
import os, pathlib, sys, time

seed, epochs = map(int, sys.argv[1:])
if seed == 13:
    sys.exit("error: training diverged: the rate is inf")
signals, state = pathlib.Path(os.environ["SIGNALS"]), pathlib.Path(".state/train")
state.parent.mkdir(exist_ok=True)
start = len(state.read_text()) if state.exists() else 0
with (signals / "starts").open("a") as file:
    file.write(f"{os.getpid()} {seed} {start}\\n")
for epoch in range(start, epochs):
    state.write_text("x" * (epoch + 1))
    while epoch == 1 and (signals / f"hold_{seed}").exists():
        time.sleep(0.02)
noise = os.urandom(4) if (signals / "random").exists() else b""
weights = f"weights of seed {seed}, {epochs} epochs".encode()
pathlib.Path("results/model.safetensors").write_bytes(weights + noise)
state.unlink()
"""
EVALUATE = """\
import json, pathlib, zlib

weights = pathlib.Path("results/model.safetensors").read_bytes()
elbo = round(-100 - zlib.crc32(weights) % 1000 / 100, 4)
metrics = {"train": {"elbo": elbo}, "test": {"elbo": elbo - 1, "active_units": 2}}
pathlib.Path("results/metrics.json").write_text(json.dumps(metrics))
pathlib.Path("results/standard_errors.csv").write_text("metric,train,test\\nelbo,,1\\n")
"""
STUDY = """\
question: Does the toy work?
variants:
  short: {train.epochs: 2}
  long: {train.epochs: 3}
grid:
  train.seed: [1, 2]
figure:
  x: variant
  metrics: [test.elbo, train.elbo]
"""
FILES = {
    ".dvc/config": "[core]\n    analytics = false\n    check_update = false\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    ".gitignore": "__pycache__/\n.state/\n",
    "requirements.txt": "# none\n",
    "results/.gitkeep": "",
    "dvc.yaml": PIPELINE,
    "stages/train.py": TRAIN,
    "stages/evaluate.py": EVALUATE,
    "studies/toy.yaml": STUDY,
}


def make_toy(folder: Path) -> Path:
    """Return the project, committed; studies and parameters are the real ones."""
    for name in ("studies", "stages", "checks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "params.yaml", folder)
    for path, content in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    commit = ["commit", "--quiet", "--allow-empty", "--message=toy"]
    # A second commit, so that a shallow clone lacks something.
    for command in (["init", "--quiet"], ["add", "--all"], commit, commit):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


def start(folder: Path, signals: Path, *arguments: str) -> subprocess.Popen:
    """Start a study in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-B", "studies/run.py", *arguments],
        cwd=folder,
        env=os.environ | {"SIGNALS": str(signals)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ends(process: subprocess.Popen, status: int = 0) -> str:
    """Return what a study prints, which must end with a status."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == status, output + errors
    assert "Traceback" not in errors, errors
    return output + errors


def starts(signals: Path) -> list[tuple[int, int, int]]:
    """Return process, seed and epoch of each training that has started."""
    path = signals / "starts"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [tuple(map(int, line.split())) for line in lines]


def until(condition, seconds: float = 60):
    """Wait for something that must happen, and return it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, condition
        time.sleep(0.02)
    return found


def ended(process: int) -> bool:
    """Say whether a process is gone, or waits only for its parent to hear of it."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
