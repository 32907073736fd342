"""The pipeline's importance-weighted bound on log p(x), with weights as they start."""

import numpy as np

from programs.configurations import NUM_SAMPLES
from programs.ours import make_vae
from programs.worker import Program, serve, timed
from vae.evaluation.importance import importance_bounds

FEW = 8  # images more than are counted: their time and the compilation's are taken off


def make(configuration, images, num_samples=NUM_SAMPLES):
    vae = make_vae(configuration)
    binary = np.where(np.concatenate([images, images[:FEW]]) > 127, 255, 0)
    binary = binary.astype(np.uint8)

    def run_epoch(count=None):
        bounds = importance_bounds(
            vae,
            binary[:count],
            proposal="posterior",
            num_samples=num_samples,
            seed=1,
        )
        return -float(bounds.iwae_bound.mean())

    return Program(run_epoch)


def without_compilation(run_epoch):
    """By how many seconds all images take longer than a few."""
    few, everything = timed(lambda: run_epoch(FEW)), timed(run_epoch)
    return everything | {"seconds": everything["seconds"] - few["seconds"]}


if __name__ == "__main__":
    serve(make, without_compilation)
