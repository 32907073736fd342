"""Seconds of the pipeline's own work at one point of a curve, the median of five.

Takes a JSON object: `num_samples` for the bound on log p(x) with so many samples, or
else fields of the configuration that is to be trained for an epoch.
"""

import json
import statistics
import sys
from dataclasses import replace

import numpy as np

from programs import bound, ours
from programs.configurations import BOUND, CONFIGURATIONS
from programs.worker import timed

NUM_IMAGES = 12_800  # for training, where the point says nothing else
NUM_BOUNDED = 208


def make(point):
    """What is timed, and how."""
    with np.load("data/images.npz") as arrays:
        images = arrays["train_grey"].reshape(-1, 784)
    if "num_samples" in point:
        program = bound.make(CONFIGURATIONS[BOUND], images[:NUM_BOUNDED], **point)
        return program.epoch, bound.without_compilation
    point = {"num_images": NUM_IMAGES, **point}
    configuration = replace(CONFIGURATIONS["dynamic"], **point)
    images = np.resize(images, [configuration.num_images, 784])
    return ours.make(configuration, images).epoch, timed


def main():
    run, measure = make(json.loads(sys.argv[1]))
    run()
    print(statistics.median(measure(run)["seconds"] for _ in range(5)))


if __name__ == "__main__":
    main()
