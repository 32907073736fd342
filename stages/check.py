"""Check packages and parameters before DVC deletes the outputs of other stages."""

import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = """
PIL keras matplotlib numpy pandas pydantic requests ruamel safetensors scipy sklearn
tensorflow tqdm
""".split()  # imported by the stages
if missing := [name for name in PACKAGES if find_spec(name) is None]:
    sys.exit(
        f"error: {sys.executable} has no package {missing[0]}; "
        "activate the environment first: . .venv/bin/activate"
    )

from vae.pipeline.stage import Stage

stage = Stage("check")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

from vae.data.catalog import check_known_counts
from vae.pipeline.params import read_params

OUTPUT = Path("data/checked")


def main() -> None:
    check_known_counts(read_params())
    # The content is constant, so no other stage runs again.
    stage.write({OUTPUT: b"params.yaml is valid\n"})


if __name__ == "__main__":
    main()
