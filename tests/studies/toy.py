"""A project whose stages are toys, for studies: real Git, DVC and Dask, no training."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from conftest import ROOT

PIPELINE = """\
stages:
  preprocess:
    cmd: echo images > data.txt
    params: [preprocess]
    outs: [data.txt]
  train:
    cmd: python -B stages/train.py
    deps: [data.txt, stages/train.py]
    params: [train]
    outs: [results/model.safetensors, results/model.json]
  evaluate:
    cmd: python -B stages/evaluate.py
    deps: [stages/evaluate.py, results/model.safetensors]
    params: [model]
    outs: [results/latents.npz]
    metrics:
      - results/metrics.json: {cache: false}
      - results/standard_errors.csv: {cache: false}
"""

# Says when it starts to train and at which epoch; may be held until a file is there.
TRAIN = """\
import os, pathlib, sys, time
from ruamel.yaml import YAML

train = YAML(typ="safe").load(pathlib.Path("params.yaml"))["train"]
if train["seed"] == 13:
    sys.exit("error: training diverged: the rate is inf")
signals, state = pathlib.Path(os.environ["SIGNALS"]), pathlib.Path(".state/train")
state.parent.mkdir(exist_ok=True)
start = len(state.read_text()) if state.exists() else 0
with (signals / "starts").open("a") as file:
    file.write(f"{os.getpid()} {train['seed']} {start}\\n")
for epoch in range(start, train["epochs"]):
    state.write_text("x" * (epoch + 1))
    while epoch == 1 and (signals / f"hold_{train['seed']}").exists():
        time.sleep(0.02)
noise = os.urandom(4) if (signals / "random").exists() else b""
weights = f"weights of seed {train['seed']}, {train['epochs']} epochs".encode()
pathlib.Path("results/model.safetensors").write_bytes(weights + noise)
pathlib.Path("results/model.json").write_text("{}")
state.unlink()
"""
EVALUATE = """\
import json, pathlib, zlib
from ruamel.yaml import YAML

weights = pathlib.Path("results/model.safetensors").read_bytes()
dim = YAML(typ="safe").load(pathlib.Path("params.yaml"))["model"]["latent_dim"]
elbo = round(-100 - zlib.crc32(weights) % 1000 / 100 + dim, 4)
metrics = {"train": {"elbo": elbo}, "test": {"elbo": elbo - 1, "active_units": dim}}
pathlib.Path("results/metrics.json").write_text(json.dumps(metrics))
pathlib.Path("results/standard_errors.csv").write_text("metric,train,test\\nelbo,0.5,1\\n")
pathlib.Path("results/latents.npz").write_bytes(b"latents")
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
  published:
    test.elbo: [{label: others, x: [short, longest], y: [-104.5, -102]}]
"""


def make_toy(folder: Path) -> Path:
    """Return the project, committed; studies and parameters are the real ones."""
    folder.mkdir()
    for name in ("studies", "stages", "checks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "results").mkdir()
    (folder / "results/.gitkeep").touch()
    (folder / ".gitignore").write_text("__pycache__/\n.state/\n")
    (folder / "requirements.txt").write_text("# none\n")
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "stages/train.py").write_text(TRAIN)
    (folder / "stages/evaluate.py").write_text(EVALUATE)
    (folder / "studies/toy.yaml").write_text(STUDY)
    git(folder, "init", "--quiet")
    dvc = [sys.executable, "-m", "dvc", "init", "--quiet"]
    subprocess.run(dvc, cwd=folder, check=True)
    with (folder / ".dvc/config").open("a") as config:
        config.write("[core]\n    analytics = false\n    check_update = false\n")
    commit(folder)
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def commit(folder: Path) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    git(folder, "add", "--all")
    git(folder, *author, "commit", "--quiet", "--allow-empty", "--message", "toy")


def start(
    folder: Path, signals: Path, *arguments: str, script: str = "run"
) -> subprocess.Popen:
    """Start a study in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "-B", f"studies/{script}.py", *arguments],
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


def state_and_parent(process: int) -> tuple[str, int]:
    """Return what Linux tells of a process; one that is gone is like a zombie."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return "Z", 0
    state, parent, *_ = stat.rpartition(")")[2].split()
    return state, int(parent)


def ended(process: int) -> bool:
    return state_and_parent(process)[0] == "Z"
