"""Draw the figures from the files of `train` and `evaluate`."""

import inspect
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("render")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure

from vae.figures import curves, encodings, factors, image_grids, posteriors
from vae.figures.style import STYLE
from vae.pipeline.arrays import read_arrays
from vae.pipeline.errors import readable

HISTORY = Path("results/history.csv")
LATENTS = Path("results/latents.npz")
RESULTS = Path("results")

# The keywords of a function are the names of its arrays. `evaluate` writes some arrays
# only for some models. A figure is left out if an array is missing or if its function
# returns None.
FIGURES = {
    "encodings.png": encodings.draw_encodings,
    "reconstruction.png": image_grids.draw_reconstruction,
    "history.png": curves.draw_history,
    "figures/bound.png": curves.draw_bound,
    "figures/capacity.png": curves.draw_capacity,
    "figures/factor_information.png": factors.draw_factor_information,
    "figures/factor_means.png": factors.draw_factor_means,
    "figures/manifold.png": image_grids.draw_manifold,
    "figures/posteriors.png": posteriors.draw_posteriors,
    "figures/samples.png": image_grids.draw_samples,
    "figures/traversals.png": image_grids.draw_traversals,
}


def png(
    draw: Callable[..., Figure | None], arrays: Mapping[str, object]
) -> bytes | None:
    """Return the PNG file of a figure, without the software version in its metadata."""
    content = BytesIO()
    with style.context(STYLE):
        if (figure := draw(**arrays)) is None:
            return None
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def main() -> None:
    with readable(HISTORY, ValueError, made_by="train"):
        history = pd.read_csv(HISTORY)
    arrays = read_arrays(LATENTS, made_by="evaluate") | {"history": history}
    drawn = {}
    for name, draw in FIGURES.items():
        keywords = list(inspect.signature(draw).parameters)
        if set(keywords) <= set(arrays):
            drawn[RESULTS / name] = png(draw, {key: arrays[key] for key in keywords})
    figures = {path: image for path, image in drawn.items() if image}
    stage.write(figures)
    for name in FIGURES:
        if RESULTS / name not in figures:  # a figure of another model
            (RESULTS / name).unlink(missing_ok=True)
    print(f"{len(figures)} figures in {RESULTS}/")


if __name__ == "__main__":
    main()
