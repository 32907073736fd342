"""Refuse what cannot succeed, before DVC deletes the outputs of any other stage."""

import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = (  # that the stages import
    "keras",
    "matplotlib",
    "numpy",
    "pandas",
    "pooch",
    "pydantic",
    "requests",
    "ruamel",
    "safetensors",
    "sklearn",
    "tensorflow",
    "tqdm",
)
if missing := [name for name in PACKAGES if find_spec(name) is None]:
    sys.exit(
        f"error: {sys.executable} has no package {missing[0]}; "
        "activate the environment first: . .venv/bin/activate"
    )

from vae.stage import write_outputs  # noqa: E402  isort: skip
from vae.data.datasets import choose_dataset  # noqa: E402
from vae.params import check_counts, check_memory, read_params  # noqa: E402

OUTPUT = Path("data/checked")


def main() -> None:
    params = read_params()
    dataset = choose_dataset(params.download.dataset)
    check_counts(params, dataset.num_training_images)
    check_memory(params, dataset.num_pixels)
    # The same whatever is checked, so that no other stage runs again.
    write_outputs({OUTPUT: b"params.yaml is valid\n"})


if __name__ == "__main__":
    main()
