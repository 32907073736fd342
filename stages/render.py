"""Draw the figures from what `train` and `evaluate` wrote."""

import csv
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from vae.arrays import read_arrays
from vae.curves import draw_bound, draw_history, draw_rate
from vae.errors import PipelineError, run
from vae.files import write_whole
from vae.mosaics import (
    draw_manifold,
    draw_reconstruction,
    draw_samples,
    draw_traversals,
)
from vae.planes import draw_encodings, draw_posteriors
from vae.style import STYLE

HISTORY = Path("results/history.csv")
LATENTS = Path("results/latents.npz")
RESULTS = Path("results")

ALWAYS = [
    "image_shape",
    *("label", "loc", "rate"),
    *("shown_label", "shown_input", "shown_reconstruction"),
    *("bound_samples", "bound", "all_samples", "all_bound", "evidence", "samples"),
]
COLUMNS = ["epoch"] + [
    f"{split}_{term}"
    for split in ("train", "validation")
    for term in ("elbo", "rate", "distortion")
]

# What is drawn, and from which arrays. A figure whose arrays `evaluate` did not write
# does not suit the number of latent dimensions, and is left out.
FIGURES = {
    "encodings.png": (draw_encodings, ["label", "loc", "rate"]),
    "reconstruction.png": (
        draw_reconstruction,
        ["shown_label", "shown_input", "shown_reconstruction", "image_shape"],
    ),
    "history.png": (draw_history, ["history"]),
    "figures/bound.png": (
        draw_bound,
        ["bound_samples", "bound", "all_samples", "all_bound", "evidence"],
    ),
    "figures/rate.png": (draw_rate, ["rates"]),
    "figures/samples.png": (draw_samples, ["samples", "image_shape"]),
    "figures/manifold.png": (draw_manifold, ["manifold", "image_shape"]),
    "figures/posteriors.png": (
        draw_posteriors,
        [
            "posterior_label",
            "posterior_loc",
            "posterior_scale",
            "posterior_axes",
            "posterior_log_prob",
        ],
    ),
    "figures/traversals.png": (
        draw_traversals,
        ["traversed", "traversal", "traversal_z", "rate", "image_shape"],
    ),
}


def read_history() -> dict[str, np.ndarray]:
    """The columns of the learning curve by name."""
    try:
        text = HISTORY.read_text(encoding="utf-8")
        if not text.endswith("\n") or text.count("\n") < 2:
            raise ValueError("cut short")
        names, *rows = csv.reader(text.splitlines(), strict=True)
        values = zip(*[map(float, row) for row in rows], strict=True)
        columns = dict(zip(names, map(np.array, values), strict=True))
        if missing := [name for name in COLUMNS if name not in columns]:
            raise ValueError(f"no column {missing[0]}")
        return columns
    except FileNotFoundError:
        problem = "no such file"
    except (ValueError, csv.Error) as error:
        problem = f"damaged ({error})"
    raise PipelineError(f"{HISTORY}: {problem}; make it with: dvc repro train")


def png(figure: Figure) -> bytes:
    """The file, without a name of the software, which would carry its version."""
    content = BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def main() -> None:
    drawn_from = read_arrays(LATENTS, *ALWAYS, made_by="evaluate")
    drawn_from["history"] = read_history()
    contents = {
        RESULTS / name: png(draw(**{array: drawn_from[array] for array in needed}))
        for name, (draw, needed) in FIGURES.items()
        if set(needed) <= set(drawn_from)
    }
    shutil.rmtree(RESULTS / "figures", ignore_errors=True)
    for path, content in contents.items():
        write_whole(path, content)
        print(path)


if __name__ == "__main__":
    with style.context(STYLE):
        run(main)
