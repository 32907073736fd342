"""The pipeline's own trainer with a part of its step left out, to see what it costs.

The second argument names the part. Nothing is learned: the learning rate is 0, as
without a likelihood, say, training would diverge.
"""

import sys
from collections.abc import Callable
from dataclasses import replace

import vae.determinism  # noqa: F401  before TensorFlow

import keras
import tensorflow as tf

import vae.training
from programs import ours
from programs.worker import serve
from vae.likelihoods import Bernoulli
from vae.model import observations
from vae.training import Trainer

NUM_IMAGES = 12_800  # few, so that rounds are short and many


def without_moments() -> None:
    """Plain gradient descent: weights are read and written, and nothing else is."""
    keras.optimizers.Adam = keras.optimizers.SGD


def without_likelihood() -> None:
    """A linear function of the logits, whose gradient is the pixels."""

    def log_prob(family, x, logits):
        return tf.reduce_sum(x * logits, axis=-1)

    Bernoulli.log_prob = log_prob


def without_pixel_noise() -> None:
    """Grey pixels."""
    vae.training.draw_binary = lambda images, **key: observations(images)


def without_latent_noise() -> None:
    """The same noise in each step."""
    vae.training.standard_normal = lambda shape, **key: tf.ones(shape)


def without_choice() -> None:
    """The same images in each step."""
    step = Trainer._step

    def same_images(trainer, batch, i):
        return step(trainer, tf.range(trainer.batch_size), i)

    Trainer._step = same_images


PARTS: dict[str, Callable[[], None]] = {
    "nothing": lambda: None,
    "Adam's moments": without_moments,
    "likelihood": without_likelihood,
    "draws of pixels": without_pixel_noise,
    "draws of latents": without_latent_noise,
    "choice of images": without_choice,
}


def make(configuration, images):
    ours.LEARNING_RATE = 0.0
    configuration = replace(configuration, num_images=NUM_IMAGES)
    return ours.make(configuration, images[:NUM_IMAGES])


if __name__ == "__main__":
    PARTS[sys.argv[2]]()
    serve(make)
