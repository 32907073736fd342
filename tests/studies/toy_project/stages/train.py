"""Record the start of training and its epoch; wait while a file exists."""

import os
import pathlib
import sys
import time

seed, epochs = map(int, sys.argv[1:])
if seed == 13:
    sys.exit("error: training diverged: the rate is inf")
signals, state = pathlib.Path(os.environ["SIGNALS"]), pathlib.Path(".state/train")
state.parent.mkdir(exist_ok=True)
start = len(state.read_text()) if state.exists() else 0
with (signals / "starts").open("a") as file:
    file.write(f"{os.getpid()} {seed} {start}\n")
for epoch in range(start, epochs):
    state.write_text("x" * (epoch + 1))
    while epoch == 1 and (signals / f"hold_{seed}").exists():
        time.sleep(0.02)
weights = f"weights of seed {seed}, {epochs} epochs".encode()
pathlib.Path("results/model.safetensors").write_bytes(weights)
state.unlink()
