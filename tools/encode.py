"""Encode pictures with the trained model, and reconstruct them.

    python tools/encode.py picture.png ...

With a model of MNIST, a picture must be at least as large as the images. It may be dark
on light or light on dark; `vae.data.ink` finds its ink. With other models, the whole
picture is scaled, and black stays black. Prints rate, distortion, ELBO and
importance-weighted bound in nats, and log p(x) if z has one or two dimensions. Writes
ink, binarized ink and reconstruction to `picture.encoded.png` in the same folder.
Needs the trained model in `results/`: from `dvc repro train` or `dvc pull`.
"""

from pathlib import Path

from command import Parser, run  # before packages

# isort: split
import numpy as np

import numpy_model
from vae.data.binarization import binarize
from vae.data.pictures import check_output, read_picture, write_pngs
from vae.figures.tiles import tile
from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.trained import read_description

# Grid points per axis for log p(x), by the number of latent dimensions. They are those
# of params.yaml; twice the spacing changes log p(x) by 0.0004 nats.
GRID_POINTS = {1: 2001, 2: 451}
NUM_SAMPLES = 500  # per picture


def observe(ink: np.ndarray, binarization: str) -> np.ndarray:
    """Binarize each picture like a test image, independently of the other pictures."""
    images = np.rint(255 * ink).astype(np.uint8)
    pixels = [binarize(i, how=binarization, seed=0, split="test") for i in images]
    return np.stack(pixels) / 255


def measure(model: numpy_model.Model, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return values [pictures] in nats, by name."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((NUM_SAMPLES, len(x), model.latent_dim))
    rate, distortion, log_weights = numpy_model.terms(model, x, noise)
    values = {"rate": rate, "distortion": distortion.mean(axis=0)}
    values["ELBO"] = -(rate + values["distortion"])
    values["bound"] = numpy_model.iwae_bound(log_weights)
    if num_points := GRID_POINTS.get(model.latent_dim):
        values["log p(x)"] = numpy_model.log_evidence(model, x, num_points)
    return values


def output_paths(paths: list[Path]) -> list[Path]:
    """Return the output of each picture, in its folder."""
    outputs = [path.parent / f"{path.stem}.encoded.png" for path in paths]
    for i, output in enumerate(outputs):
        check_output(output)
        if output in outputs[:i]:
            raise PipelineError(f"{output}: two pictures would write it; rename one")
    return outputs


def main() -> None:
    parser = Parser(description="Encode and reconstruct your own pictures.")
    parser.add_argument("picture", nargs="+", type=Path)
    paths = parser.parse_args().picture
    outputs = output_paths(paths)
    model, description = numpy_model.load_model(), read_description()
    height, width = description.image_shape
    ink = np.stack(
        [read_picture(path, (height, width), description.dataset) for path in paths]
    )
    x = observe(ink, description.binarization)
    flat = x.reshape(len(x), -1)
    values = measure(model, flat)
    loc, _ = numpy_model.posterior(model, flat)
    reconstructions = numpy_model.mean(model, loc).reshape(x.shape)
    names = [printable(path.name) for path in paths]
    width = max(map(len, names))
    print(f"{'nats':<{width}}" + "".join(f"{name:>12}" for name in values))
    for i, name in enumerate(names):
        numbers = "".join(f" {column[i]:11.2f}" for column in values.values())
        print(f"{name:<{width}}{numbers}")
    shown = np.stack([ink, x, reconstructions], axis=1).reshape(len(x), 1, 3, -1)
    pictures = [tile(x, description.image_shape, description.is_ink) for x in shown]
    write_pngs(dict(zip(outputs, pictures, strict=True)))


if __name__ == "__main__":
    run(main)
