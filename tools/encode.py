"""Pictures of your own through the trained model: its terms and its reconstruction.

    python tools/encode.py picture.png ...

Any picture that is as large as the model's images or larger, dark on light or light on
dark. Prints in nats rate, distortion, ELBO, importance-weighted bound, and log p(x)
where z has one or two dimensions; writes what the model saw and its reconstruction
beside each picture, as `picture.encoded.png`. Needs the trained model in `results/`:
from a training or `dvc pull`.
"""

import argparse
from pathlib import Path

import numpy as np

import numpy_model
from command import run
from vae.data.binarization import binarize
from vae.data.pictures import read_picture, tile, write_png
from vae.pipeline.errors import PipelineError
from vae.pipeline.trained import Description, read_description

# Points along each axis of the grid of log p(x), by the number of latent dimensions:
# those of params.yaml, with which twice the spacing changes it by 0.0004 nats.
GRID_POINTS = {1: 2001, 2: 451}


def read_ink(paths: list[Path], description: Description) -> np.ndarray:
    """Read pictures in the shape of the model's images, [pictures, height, width]."""
    height, width = description.image_shape
    if height != width:
        raise PipelineError(
            f"the model has images of {width} x {height} pixels; expected square ones, "
            "into which pictures are fitted"
        )
    return np.stack([read_picture(path, height) for path in paths])


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
    parser = argparse.ArgumentParser(description="Encode pictures of your own.")
    parser.add_argument("picture", nargs="+", type=Path)
    parser.add_argument("--samples", type=int, default=500, help="latents per picture")
    parser.add_argument("--seed", type=int, default=0, help="of pixels and latents")
    options = parser.parse_args()
    if options.samples < 1:
        received = f"received {options.samples}"
        raise PipelineError(f"--samples: {received}; expected at least 1")
    model, description = numpy_model.load_model(), read_description()
    ink = read_ink(options.picture, description)
    x = observe(ink, description.binarization, options.seed)
    flat = x.reshape(len(x), -1)
    values = measure(model, flat, options.samples, options.seed)
    loc, _ = numpy_model.posterior(model, flat)
    reconstructions = numpy_model.mean(model, loc).reshape(x.shape)
    print("nats        " + "".join(f"{name:>12}" for name in values))
    for i, path in enumerate(options.picture):
        numbers = "".join(f"{column[i]:12.2f}" for column in values.values())
        print(f"{path.name:<12.12}{numbers}")
        shown = np.stack([ink[i], x[i], reconstructions[i]])
        write_png(path.with_suffix(".encoded.png"), tile(shown, columns=3))


if __name__ == "__main__":
    run(main)
