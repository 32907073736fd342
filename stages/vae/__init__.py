"""A dense variational autoencoder, with its data, training and evaluation.

In a notebook:
    model = vae.load("path/to/the/project")
    loc, scale = model.posterior(x)  # x is [images, pixels] in [0, 1]
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vae.model import VAE


def load(folder: str | Path = ".") -> "VAE":
    """Load the trained model of a project.

    Args:
        folder: folder of the project, with weights and description in `results/`.

    Raises:
        PipelineError: a file is missing or damaged, or belongs to another model.
    """
    from vae.model import VAE
    from vae.pipeline import trained

    folder = Path(folder)
    description = trained.read_description(folder)
    weights = trained.read_weights(folder)
    model = VAE(num_pixels=description.num_pixels, **description.model)
    trained.assign_weights(model.variables, weights)
    return model
