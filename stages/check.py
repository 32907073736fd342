"""Refuse what cannot succeed, before DVC deletes the outputs of any other stage."""

import sys
from pathlib import Path

try:
    from vae.data.mnist import NUM_TRAINING_IMAGES
    from vae.errors import run
    from vae.files import write_whole
    from vae.params import check_counts, read_params
except ModuleNotFoundError as error:
    sys.exit(
        f"error: {sys.executable} has no package {error.name}; "
        "activate the environment first: . .venv/bin/activate"
    )

OUTPUT = Path("data/checked")


def main() -> None:
    params = read_params()
    check_counts(params, NUM_TRAINING_IMAGES)
    # The same whatever is checked, so that no other stage runs again.
    write_whole(OUTPUT, b"params.yaml is valid\n")


if __name__ == "__main__":
    run(main)
