"""Compute this project's importance-weighted bound on log p(x), before training."""

import functools

import numpy as np

from programs.ours import make_vae
from programs.worker import NUM_SAMPLES, Program, serve
from vae.evaluation.importance import importance_bounds

NUM_EXTRA = 8  # extra images, whose time and compilation are subtracted


def make(configuration, images, num_samples=NUM_SAMPLES):
    vae = make_vae(configuration)
    images = np.concatenate([images, images[:NUM_EXTRA]])
    binary = np.where(images > 127, 255, 0).astype(np.uint8)

    def run_epoch(count=None):
        draws = {"proposal": "posterior", "num_samples": num_samples, "seed": 1}
        bounds = importance_bounds(vae, binary[:count], **draws)
        return -float(bounds.iwae_bound.mean())

    return Program(run_epoch, overhead=functools.partial(run_epoch, NUM_EXTRA))


if __name__ == "__main__":
    serve(make)
