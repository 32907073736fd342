"""The pipeline's trainer with the recipe of params.yaml, and as many epochs as told.

The second argument is their number.
"""

import functools
import sys
from pathlib import Path

import yaml

from programs.ours import make
from programs.worker import serve

if __name__ == "__main__":
    train = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["train"]
    recipe = {name: train[name] for name in ("learning_rate", "schedule")}
    serve(functools.partial(make, epochs=int(sys.argv[2]), **recipe))
