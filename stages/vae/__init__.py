"""A dense variational autoencoder: the model here, what lies around it in folders.

In a notebook:
    model = vae.load("path/to/the/project")
    loc, scale = model.posterior(x)  # of x [images, pixels] in [0, 1]
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vae.model import VAE


def load(folder: str | Path = ".") -> "VAE":
    """Load the model that was trained in a project.

    Args:
        folder: of the project, in which `results/` has the model's weights and
            description.

    Raises:
        PipelineError: a file is missing or damaged, or is of another model.
    """
    from vae.model import VAE
    from vae.pipeline import errors, trained

    folder = Path(folder)
    description = trained.read_description(folder)
    weights = trained.read_weights(folder)
    model = VAE(num_pixels=description.num_pixels, **description.model)
    with errors.readable(folder / trained.WEIGHTS, ValueError, made_by="train"):
        trained.assign_weights(model.variables, weights)
    return model
