"""Pictures of your own through the trained model: its terms and its reconstruction.

    python tools/encode.py picture.png ...

Any picture that is as large as the model's images or larger, dark on light or light on
dark. Prints in nats rate, distortion, ELBO, importance-weighted bound, and log p(x)
where z has one or two dimensions; writes what the model saw and its reconstruction
beside each picture, as `picture.encoded.png`. Needs the trained model in `results/`:
from a training or `dvc pull`.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

import numpy_model
from command import Parser, of, run
from vae.data.binarization import binarize
from vae.data.pictures import check_output, read_picture, tile, write_pngs
from vae.pipeline.errors import PipelineError, printable
from vae.pipeline.schema import Count, Seed
from vae.pipeline.trained import read_description

# Points along each axis of the grid of log p(x), by the number of latent dimensions:
# those of params.yaml, with which twice the spacing changes it by 0.0004 nats.
GRID_POINTS = {1: 2001, 2: 451}

Samples = Annotated[Count, Field(le=10_000)]


def name_outputs(pictures: list[Path]) -> list[Path]:
    """Name what is written beside each picture, and refuse to lose another one."""
    paths = [path.absolute() for path in pictures]
    outputs = [path.parent / f"{path.stem}.encoded.png" for path in paths]
    sources = dict(zip(outputs, paths, strict=True))
    for path, output in zip(paths, outputs, strict=True):
        other = sources[output]
        if other != path:
            both = f"{path.name} and {other.name}: both would be written as"
            raise PipelineError(f"{both} {output.name}; rename one of them")
        if path in sources:
            problem = f"would be replaced by what {sources[path].name} becomes"
            raise PipelineError(f"{path.name}: {problem}; leave it out")
        check_output(output)
    return outputs


def observe(ink: np.ndarray, binarization: str, seed: int) -> np.ndarray:
    """Return each picture as the model sees test images, whichever others there are."""
    images = np.rint(255 * ink).astype(np.uint8)
    pixels = [binarize(i, how=binarization, seed=seed, split="test") for i in images]
    return np.stack(pixels) / 255


def measure(
    model: numpy_model.Model, x: np.ndarray, num_samples: int, seed: int
) -> dict[str, np.ndarray]:
    """Return values [pictures] in nats by name."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((num_samples, len(x), model.latent_dim))
    rate, distortion, log_weights = numpy_model.terms(model, x, noise)
    values = {"rate": rate, "distortion": distortion.mean(axis=0)}
    values["ELBO"] = -(rate + values["distortion"])
    values["bound"] = numpy_model.iwae_bound(log_weights)
    if num_points := GRID_POINTS.get(model.latent_dim):
        values["log p(x)"] = numpy_model.log_evidence(model, x, num_points)
    return values


def main() -> None:
    parser = Parser(description="Encode pictures of your own.")
    add = parser.add_argument
    add("picture", nargs="+", type=Path)
    add("--samples", type=of(Samples), default=500, help="latents per picture")
    add("--seed", type=of(Seed), default=0, help="of pixels and latents")
    options = parser.parse_args()
    outputs = name_outputs(options.picture)
    model, description = numpy_model.load_model(), read_description()
    height, width = description.image_shape
    ink = np.stack([read_picture(path, (height, width)) for path in options.picture])
    x = observe(ink, description.binarization, options.seed)
    flat = x.reshape(len(x), -1)
    values = measure(model, flat, options.samples, options.seed)
    loc, _ = numpy_model.posterior(model, flat)
    reconstructions = numpy_model.mean(model, loc).reshape(x.shape)
    print("nats        " + "".join(f"{name:>12}" for name in values))
    for i, path in enumerate(options.picture):
        numbers = "".join(f"{column[i]:12.2f}" for column in values.values())
        print(f"{printable(path.name):<12.12}{numbers}")
    shown = np.stack([ink, x, reconstructions], axis=1)
    pictures = [tile(images, columns=3) for images in shown]
    write_pngs(dict(zip(outputs, pictures, strict=True)))


if __name__ == "__main__":
    run(main)
