"""Draw images from the trained model: E[x|z] for z drawn from the prior.

    python tools/sample.py 64 --seed 0 --output samples.png

Needs the trained model in `results/`: from `dvc repro train` or `dvc pull`.
"""

import math
from pathlib import Path

from command import Parser, parse_as, run  # before packages

# isort: split
import numpy as np

from numpy_model import load_model, mean, sample_prior
from vae.data.pictures import check_output, write_pngs
from vae.figures.tiles import tile
from vae.pipeline.schema import Count, Seed
from vae.pipeline.trained import read_description


def main() -> None:
    parser = Parser(description="Draw images from the trained model.")
    add = parser.add_argument
    add("count", type=parse_as(Count), help="number of images")
    add("--seed", type=parse_as(Seed), default=0, help="seed of the draws")
    add("-o", "--output", type=Path, default=Path("samples.png"), help="a PNG file")
    options = parser.parse_args()
    check_output(options.output)
    model = load_model()
    z = sample_prior(model, np.random.default_rng(options.seed), options.count)
    description = read_description()
    images, is_ink = mean(model, z), description.is_ink
    columns = math.ceil(math.sqrt(options.count))
    missing = -len(images) % columns  # are white
    images = np.pad(images, [(0, missing), (0, 0)], constant_values=not is_ink)
    images = images.reshape(-1, columns, images.shape[-1])
    write_pngs({options.output: tile(images, description.image_shape, is_ink)})
    print(f"{options.count} images in {options.output}")


if __name__ == "__main__":
    run(main)
