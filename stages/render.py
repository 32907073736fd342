"""Draw the figures from what `train` and `evaluate` wrote."""

from io import StringIO
from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from vae.arrays import read_arrays
from vae.errors import PipelineError, run
from vae.figures import STYLE, draw_encodings, draw_history, draw_reconstruction

HISTORY = Path("results/history.csv")
LATENTS = Path("results/latents.npz")
ENCODINGS = Path("results/encodings.png")
RECONSTRUCTION = Path("results/reconstruction.png")
CURVES = Path("results/history.png")


def read_history() -> dict[str, np.ndarray]:
    """The columns of the learning curve by name."""
    try:
        text = HISTORY.read_text(encoding="utf-8")
        if not text.endswith("\n") or text.count("\n") < 2:
            raise ValueError("cut short")
        table = np.genfromtxt(StringIO(text), delimiter=",", names=True, ndmin=1)
        return {name: table[name] for name in table.dtype.names}
    except FileNotFoundError:
        problem = "no such file"
    except (ValueError, TypeError) as error:
        problem = f"damaged ({error})"
    raise PipelineError(f"{HISTORY}: {problem}; make it with: dvc repro train")


def save(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes do not name the version of Matplotlib."""
    figure.savefig(path, metadata={"Software": None})
    print(path)


def main() -> None:
    label, loc, rate, shown_label, shown_input, shown_reconstruction = read_arrays(
        LATENTS,
        "label",
        "loc",
        "rate",
        "shown_label",
        "shown_input",
        "shown_reconstruction",
        made_by="evaluate",
    )
    history = read_history()
    with style.context(STYLE):
        save(draw_encodings(label=label, loc=loc, rate=rate), ENCODINGS)
        save(
            draw_reconstruction(
                label=shown_label,
                images=shown_input,
                reconstruction=shown_reconstruction,
            ),
            RECONSTRUCTION,
        )
        save(draw_history(history), CURVES)


if __name__ == "__main__":
    run(main)
