"""The pipeline's own trainer with a part of its step left out, to see what it costs.

The second argument names the part. What is trained so is of no use.
"""

import sys
from collections.abc import Callable

import vae.determinism  # noqa: F401  before TensorFlow
import keras
import tensorflow as tf

import vae.training
from vae.likelihoods import Bernoulli
from vae.model import observations
from vae.training import Trainer

from programs.ours import make
from programs.worker import serve


def without_moments() -> None:
    """Plain gradient descent: weights are read and written, and nothing else is."""
    keras.optimizers.Adam = lambda rate: keras.optimizers.SGD(1e-6)


def without_likelihood() -> None:
    """A linear function of the logits, whose gradient is the pixels."""
    Bernoulli.log_prob = lambda family, x, logits: tf.reduce_sum(x * logits, axis=-1)


def without_pixel_noise() -> None:
    """Grey pixels."""
    vae.training.draw_binary = lambda images, **key: observations(images)


def without_latent_noise() -> None:
    """The same noise in each step."""
    vae.training.standard_normal = lambda shape, **key: tf.ones(shape)


def without_choice() -> None:
    """The same images in each step; they are still turned into floating point."""
    step = Trainer._step
    Trainer._step = lambda trainer, batch, i: step(trainer, tf.range(len(batch)), i)


PARTS: dict[str, Callable[[], None]] = {
    "nothing": lambda: None,
    "Adam's moments": without_moments,
    "likelihood": without_likelihood,
    "draws of pixels": without_pixel_noise,
    "draws of latents": without_latent_noise,
    "choice of images": without_choice,
}

if __name__ == "__main__":
    PARTS[sys.argv[2]]()
    serve(make)
