"""Pictures of your own through the trained model: its terms and its reconstruction.

    python tools/encode.py picture.png ...

Any picture of 28 x 28 pixels or more, dark on light or light on dark. Prints in nats
rate, distortion, ELBO, importance-weighted bound, and log p(x) where z has one or two
dimensions; writes what the model saw and its reconstruction beside each picture, as
`picture.encoded.png`. Needs `results/model.safetensors`: from a training or `dvc pull`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import yaml

from numpy_model import (
    Model,
    image_shape,
    iwae_bound,
    load_model,
    log_evidence,
    mean,
    posterior,
    terms,
)
from pictures import PictureError, read_picture, tile, write_png

GRID_POINTS = {1: 2001, 2: 451}


def observe(ink: np.ndarray, binarization: str, seed: int) -> np.ndarray:
    """A picture as the model was trained to see it."""
    match binarization:
        case "none":
            return ink
        case "threshold":
            return (ink > 0.5).astype(float)
    return (np.random.default_rng(seed).random(ink.shape) < ink).astype(float)


def measure(
    model: Model, x: np.ndarray, num_samples: int, seed: int
) -> dict[str, np.ndarray]:
    """Values [pictures] in nats by name."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((num_samples, len(x), model.latent_dim))
    rate, distortion, log_weights = terms(model, x, noise)
    values = {"rate": rate, "distortion": distortion.mean(axis=0)}
    values["ELBO"] = -(rate + values["distortion"])
    values["bound"] = iwae_bound(log_weights)
    if num_points := GRID_POINTS.get(model.latent_dim):
        values["log p(x)"] = log_evidence(model, x, num_points)
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description="Encode pictures of your own.")
    parser.add_argument("picture", nargs="+", type=Path)
    parser.add_argument("--samples", type=int, default=500, help="latents a picture")
    parser.add_argument("--seed", type=int, default=0, help="of pixels and latents")
    options = parser.parse_args()
    if options.samples < 1:
        sys.exit(f"error: --samples: received {options.samples}; expected at least 1")
    try:
        model = load_model()
        params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
        size, _ = image_shape(model)
        ink = [read_picture(path, size) for path in options.picture]
    except (OSError, PictureError) as error:
        sys.exit(f"error: {error}")
    binarization = params["preprocess"]["binarization"]
    x = np.stack([observe(image, binarization, options.seed) for image in ink])
    flat = x.reshape(len(x), -1)
    values = measure(model, flat, options.samples, options.seed)
    reconstructions = mean(model, posterior(model, flat)[0]).reshape(x.shape)
    print("nats        " + "".join(f"{name:>12}" for name in values))
    for i, path in enumerate(options.picture):
        numbers = "".join(f"{column[i]:12.2f}" for column in values.values())
        print(f"{path.name:<12.12}{numbers}")
        shown = np.stack([ink[i], x[i], reconstructions[i]])
        write_png(path.with_suffix(".encoded.png"), tile(shown, columns=3))


if __name__ == "__main__":
    main()
