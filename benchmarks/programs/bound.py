"""The importance-weighted bound of this project on log p(x), with initial weights."""

import functools

import numpy as np

from programs.ours import make_vae
from programs.worker import NUM_SAMPLES, Program, serve
from vae.evaluation.importance import importance_bounds

FEW = 8  # images more than are counted: their time and the compilation's are taken off


def make(configuration, images, num_samples=NUM_SAMPLES):
    vae = make_vae(configuration)
    images = np.concatenate([images, images[:FEW]])
    binary = np.where(images > 127, 255, 0).astype(np.uint8)

    def run_epoch(count=None):
        draws = {"proposal": "posterior", "num_samples": num_samples, "seed": 1}
        bounds = importance_bounds(vae, binary[:count], **draws)
        return -float(bounds.iwae_bound.mean())

    return Program(run_epoch, overhead=functools.partial(run_epoch, FEW))


if __name__ == "__main__":
    serve(make)
