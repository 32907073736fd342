"""Training: one epoch is one function, compiled as a whole by XLA."""

from dataclasses import dataclass

import numpy as np

from vae.model import VAE
from vae.numerics.determinism import keras, tf
from vae.numerics.gaussians import divergence
from vae.numerics.gradients import updated_together
from vae.numerics.noise import standard_normal
from vae.numerics.pixels import draw_binary, observations
from vae.numerics.streams import Purpose, seed_sequence
from vae.objectives import Objective


@dataclass(frozen=True)
class Recipe:
    """The settings of the optimization, from the section `train` of `params.yaml`."""

    num_samples: int  # latent samples per image and step
    final_epochs: int  # number of last epochs that take `final_samples`
    final_samples: int
    epochs: int  # length of the schedule
    batch_size: int  # at most the number of images
    learning_rate: float  # of Adam, at its maximum
    weight_decay: float  # of Adam, for the kernels of all layers
    schedule: str  # constant or cosine
    seed: int  # of the order of the images and of all noise

    def samples_in(self, epoch: int) -> int:
        """Return the number of latent samples per image in an epoch, from 0."""
        is_final = epoch >= self.epochs - self.final_epochs
        return self.final_samples if is_final else self.num_samples


class Trainer:
    """A trainer, which minimizes the mean of an objective over the images by Adam.

    Args:
        vae: the model whose weights are trained.
        objective, recipe: the loss, and the settings of its minimization.
        images, validation_images: uint8 [images, pixels]; a pixel is byte / 255.
        dynamic: whether to draw binary training pixels anew at each step.
    """

    def __init__(
        self,
        vae: VAE,
        objective: Objective,
        recipe: Recipe,
        images: np.ndarray,
        validation_images: np.ndarray,
        *,
        dynamic: bool,
    ):
        self.vae, self.objective, self.recipe = vae, objective, recipe
        self.images = tf.constant(images)
        self.validation_images = tf.constant(validation_images)
        self.dynamic = dynamic
        self.num_steps = len(images) // recipe.batch_size  # per epoch
        rate = recipe.learning_rate
        if recipe.schedule == "cosine":
            rate = warm_cosine(rate, recipe.epochs * self.num_steps)
        decay = recipe.weight_decay or None  # 0 would still compute
        self.optimizer = keras.optimizers.Adam(rate, weight_decay=decay)
        others = [v for v in vae.variables if v.name != "kernel"]
        self.optimizer.exclude_from_weight_decay(others)
        self.optimizer.build(vae.variables)

    def run_epoch(self, epoch: int) -> dict[str, tf.Tensor]:
        """Train on whole batches; return `rate`, `distortion` and `loss` [steps].

        All are in nats per image. The order of the images depends on the epoch, from 0.
        """
        seed = seed_sequence(self.recipe.seed, Purpose.IMAGE_ORDER, epoch)
        order = np.random.default_rng(seed).permutation(len(self.images))
        order = order[: self.num_steps * self.recipe.batch_size].astype(np.int32)
        batches = tf.constant(order.reshape(self.num_steps, -1))
        first_step = tf.constant(epoch * self.num_steps)
        return self._run_steps(batches, first_step, self.recipe.samples_in(epoch))

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables that epochs change: weights, and variables of the optimizer."""
        return [*self.vae.variables, *self.optimizer.variables]

    @tf.function(jit_compile=True)
    def validate(self, epoch: tf.Tensor) -> dict[str, tf.Tensor]:
        """Compute `rate` and `distortion` of the validation images from one sample."""
        shape = [1, len(self.validation_images), self.vae.latent_dim]
        noise = self._noise(shape, Purpose.VALIDATION_LATENTS, epoch)
        terms = self.vae.terms(observations(self.validation_images), noise)
        return {"rate": terms.rate, "distortion": terms.distortion[0]}

    @tf.function(jit_compile=True)
    def rate_by_dimension(self) -> tf.Tensor:
        """Compute the mean rate [latent] of validation images, for p(z) = N(0, I)."""
        loc, scale = self.vae.posterior(observations(self.validation_images))
        return tf.reduce_mean(divergence(loc, scale), axis=0)

    @tf.function(jit_compile=True)
    def _run_steps(self, batches, first_step, num_samples):
        steps = tf.TensorArray(tf.float32, self.num_steps)
        for i in tf.range(self.num_steps):
            steps = steps.write(i, self._step(batches[i], first_step + i, num_samples))
        rate, distortion, loss = tf.unstack(steps.stack(), axis=-1)
        return {"rate": rate, "distortion": distortion, "loss": loss}

    def _step(self, batch, step, num_samples):
        x = tf.gather(self.images, batch)  # [batch, pixels]
        if self.dynamic:
            key = {"purpose": Purpose.TRAINING_PIXELS, "index": step}
            x = draw_binary(x, seed=self.recipe.seed, **key)
        else:
            x = observations(x)
        shape = [num_samples, self.recipe.batch_size, self.vae.latent_dim]
        noise = self._noise(shape, Purpose.TRAINING_LATENTS, step)
        progress = tf.cast(step, tf.float32) / self.num_steps
        with tf.GradientTape() as tape:
            terms = self.objective.terms(self.vae, x, noise)
            loss = tf.reduce_mean(self.objective.loss(terms, progress))
        gradients = tape.gradient(loss, self.vae.variables)
        gradients = updated_together(gradients, self.vae.variables)
        self.optimizer.apply(gradients, self.vae.variables)
        rate, distortion = map(tf.reduce_mean, (terms.rate, terms.distortion))
        return tf.stack([rate, distortion, loss])

    def _noise(self, shape, purpose, index):
        key = {"purpose": purpose, "index": index}
        return standard_normal(shape, seed=self.recipe.seed, **key)


def warm_cosine(rate: float, num_steps: int) -> keras.optimizers.schedules.CosineDecay:
    """Return a linear warm-up over 1/20 of the steps, and then a cosine decay to 0."""
    warmup = num_steps // 20
    rise = {"warmup_target": rate, "warmup_steps": warmup} if warmup else {}
    start = 0.0 if warmup else rate
    return keras.optimizers.schedules.CosineDecay(start, num_steps - warmup, **rise)
