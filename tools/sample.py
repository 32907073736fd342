"""Images from the trained model: E[x|z] for z drawn from the prior.

    python tools/sample.py 64 --seed 0 --output samples.png

needs the trained model in `results/`: from a training, or `dvc pull`.
"""

import argparse
import math
from pathlib import Path

import numpy as np

from command import run
from numpy_model import draw_prior, load_model, mean
from vae.data.pictures import tile, write_png
from vae.pipeline.errors import PipelineError
from vae.pipeline.trained import read_description


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw images from the prior.")
    add = parser.add_argument
    add("count", type=int, help="how many")
    add("--seed", type=int, default=0, help="of the draw")
    add("-o", "--output", type=Path, default=Path("samples.png"), help="a PNG")
    options = parser.parse_args()
    if options.count < 1:
        raise PipelineError(f"received {options.count} images; expected at least 1")
    model = load_model()
    z = draw_prior(model, np.random.default_rng(options.seed), options.count)
    images = mean(model, z).reshape(-1, *read_description().image_shape)
    write_png(options.output, tile(images, math.ceil(math.sqrt(options.count))))
    print(f"{options.count} images in {options.output}")


if __name__ == "__main__":
    run(main)
