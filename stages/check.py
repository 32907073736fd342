"""Refuse what cannot succeed, before DVC deletes the outputs of any other stage."""

import os
import sys
from importlib.util import find_spec
from operator import mul
from pathlib import Path

PACKAGES = """
keras matplotlib numpy pandas pooch pydantic requests ruamel safetensors scipy sklearn
tensorflow tqdm
""".split()  # that the stages import
if missing := [name for name in PACKAGES if find_spec(name) is None]:
    sys.exit(
        f"error: {sys.executable} has no package {missing[0]}; "
        "activate the environment first: . .venv/bin/activate"
    )

from vae.pipeline.stage import Stage

stage = Stage("check")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

from vae.data.catalog import choose_dataset
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import check_counts, read_params
from vae.pipeline.schema import Params

OUTPUT = Path("data/checked")


def check_memory(params: Params, num_pixels: int) -> None:
    """Refuse networks and batches of images that this machine cannot hold.

    Counts float32 weights, their gradients and Adam's two averages, and the values of
    all layers for one batch. More is needed, so whatever is refused would fail.
    """
    model, train = params.model, params.train
    widths = [num_pixels, *model.hidden_units, model.latent_dim]
    num_weights = 2 * sum(map(mul, widths, widths[1:]))  # encoder and decoder
    num_weights += model.num_pseudo_inputs * num_pixels
    batch = train.batch_size * train.num_samples + model.num_pseudo_inputs
    needed = 4 * (4 * num_weights + batch * sum(widths))
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise PipelineError(
            f"params.yaml: training needs more than {needed / 1e9:.0f} GB of memory, "
            f"this machine has {there / 1e9:.0f}; lower model.hidden_units, "
            "train.batch_size or train.num_samples"
        )


def main() -> None:
    params = read_params()
    dataset = choose_dataset(params.download.dataset)
    check_counts(params, dataset.num_training_images)
    check_memory(params, dataset.num_pixels)
    # The same whatever is checked, so that no other stage runs again.
    stage.write({OUTPUT: b"params.yaml is valid\n"})


if __name__ == "__main__":
    main()
