"""Check packages and parameters before DVC deletes the outputs of other stages."""

import os
import sys
from importlib.util import find_spec
from operator import mul
from pathlib import Path

PACKAGES = """
keras matplotlib numpy pandas pooch pydantic requests ruamel safetensors scipy sklearn
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

from vae.data.catalog import Dataset, choose_dataset
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import check_counts, read_params
from vae.pipeline.schema import Params

OUTPUT = Path("data/checked")


def check_memory(params: Params, dataset: Dataset) -> None:
    """Raise PipelineError if this machine has too little memory.

    Training needs float32 weights, their gradients, Adam's two averages, and the values
    of all layers for one batch. Evaluation draws the noise of all ELBOs at once. Both
    need more memory in total, so every refused configuration would fail.
    """
    model, train, evaluate = params.model, params.train, params.evaluate
    num_pixels = dataset.num_pixels
    widths = [num_pixels, *model.hidden_units, model.latent_dim]
    num_weights = 2 * sum(map(mul, widths, widths[1:]))  # encoder and decoder
    num_weights += model.num_pseudo_inputs * num_pixels
    batch = train.batch_size * train.num_samples + model.num_pseudo_inputs
    num_images = dataset.num_training_images - params.preprocess.validation_images
    noise = min(num_images, evaluate.max_images) * evaluate.num_samples
    remedy = {
        "training": "model.hidden_units, train.batch_size or train.num_samples",
        "evaluation": "evaluate.max_images or evaluate.num_samples",
    }
    counts = 4 * num_weights + batch * sum(widths), noise * model.latent_dim
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for part, count in zip(remedy, counts, strict=True):
        if 4 * count > available:
            raise PipelineError(
                f"params.yaml: {part} needs more than {4 * count / 1e9:.0f} GB of "
                f"memory, this machine has {available / 1e9:.0f}; lower {remedy[part]}"
            )


def main() -> None:
    params = read_params()
    dataset = choose_dataset(params.download.dataset)
    check_counts(params, dataset.num_training_images)
    check_memory(params, dataset)
    # The content is constant, so no other stage runs again.
    stage.write({OUTPUT: b"params.yaml is valid\n"})


if __name__ == "__main__":
    main()
