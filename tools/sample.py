"""Images from the trained model: E[x|z] for z drawn from the prior.

    python tools/sample.py 64 --seed 0 --output samples.png

needs `results/model.safetensors`: from a training, or `dvc pull`.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np

from numpy_model import draw_prior, image_shape, load_model, mean
from pictures import PictureError, tile, write_png


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw images from the prior.")
    parser.add_argument("count", type=int, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("samples.png"), help="a PNG"
    )
    options = parser.parse_args()
    if options.count < 1:
        sys.exit(f"error: received {options.count} images; expected at least 1")
    try:
        model = load_model()
        rng = np.random.default_rng(options.seed)
        z = draw_prior(model, rng, options.count)
        columns = math.ceil(math.sqrt(options.count))
        images = mean(model, z).reshape(-1, *image_shape(model))
        write_png(options.output, tile(images, columns))
    except (OSError, PictureError) as error:
        sys.exit(f"error: {error}")
    print(f"{options.count} images in {options.output}")


if __name__ == "__main__":
    main()
