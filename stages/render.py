"""Draw the figures from what `train` and `evaluate` wrote."""

import inspect
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("render")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure

from vae.figures.curves import draw_bound, draw_history, draw_rate
from vae.figures.image_grids import (
    draw_manifold,
    draw_reconstruction,
    draw_samples,
    draw_traversals,
)
from vae.figures.latent_plane import draw_encodings, draw_posteriors
from vae.figures.style import STYLE
from vae.pipeline.arrays import read_arrays
from vae.pipeline.errors import readable

HISTORY = Path("results/history.csv")
LATENTS = Path("results/latents.npz")
RESULTS = Path("results")

COLUMNS = ["epoch", "train_loss"] + [
    f"{split}_{term}"
    for split in ("train", "validation")
    for term in ("elbo", "rate", "distortion")
]

# A function's keywords are the names of the arrays that it draws.
FIGURES = {
    "encodings.png": draw_encodings,
    "reconstruction.png": draw_reconstruction,
    "history.png": draw_history,
    "figures/bound.png": draw_bound,
    "figures/rate.png": draw_rate,
    "figures/samples.png": draw_samples,
}
# `evaluate` writes their arrays where they suit the number of latent dimensions.
FIGURES_OF_SOME_MODELS = {
    "figures/manifold.png": draw_manifold,
    "figures/posteriors.png": draw_posteriors,
    "figures/traversals.png": draw_traversals,
}


def read_history() -> pd.DataFrame:
    """The learning curve, a row for each epoch."""
    with readable(HISTORY, ValueError, made_by="train"):
        history = pd.read_csv(HISTORY)
        if missing := [name for name in COLUMNS if name not in history]:
            raise ValueError(f"no column {missing[0]}")
        if history.empty or not np.isfinite(history.astype(float)).all(axis=None):
            raise ValueError("not a finite number in each place")
    return history


def png(draw: Callable[..., Figure], arrays: dict[str, np.ndarray]) -> bytes:
    """The file of a figure, without a name of the software, which tells its version."""
    keywords = inspect.signature(draw).parameters
    content = BytesIO()
    with style.context(STYLE):
        figure = draw(**{name: arrays[name] for name in keywords})
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def main() -> None:
    arrays = read_arrays(LATENTS, {}, made_by="evaluate")
    arrays["history"] = read_history()
    figures = FIGURES | {
        name: draw
        for name, draw in FIGURES_OF_SOME_MODELS.items()
        if set(inspect.signature(draw).parameters) <= set(arrays)
    }
    stage.write({RESULTS / name: png(draw, arrays) for name, draw in figures.items()})
    for name in set(FIGURES_OF_SOME_MODELS) - set(figures):
        (RESULTS / name).unlink(missing_ok=True)
    print(f"{len(figures)} figures in {RESULTS}/")


if __name__ == "__main__":
    main()
