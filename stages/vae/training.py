"""Training: one epoch is one function, compiled as a whole by XLA."""

from collections.abc import Mapping

import vae.determinism  # noqa: F401  before TensorFlow

import keras
import numpy as np
import tensorflow as tf

from vae.errors import PipelineError
from vae.model import VAE, observations
from vae.noise import draw_binary, standard_normal
from vae.objectives import Objective
from vae.streams import Purpose, seed_sequence


class Trainer:
    """Minimises the mean of an objective over the images, by Adam.

    Args:
        vae: the model whose weights are trained.
        objective: what is minimised.
        images: uint8 [images, pixels]; a pixel is byte / 255.
        validation_images: likewise, as they are seen.
        dynamic: whether to draw binary training pixels anew at each step.
        num_samples: of z for each image at each step.
        epochs: how many will be run; the schedule ends with the last.
        batch_size: at most the number of images.
        learning_rate: of Adam, at its highest.
        schedule: `constant` or `cosine`.
        seed: of the order of the images and of all noise.
    """

    def __init__(
        self,
        vae: VAE,
        objective: Objective,
        images: np.ndarray,
        validation_images: np.ndarray,
        *,
        dynamic: bool,
        num_samples: int,
        epochs: int,
        batch_size: int,
        learning_rate: float,
        schedule: str,
        seed: int,
    ):
        self.vae = vae
        self.objective = objective
        self.images = tf.constant(images)
        self.validation_images = tf.constant(validation_images)
        self.dynamic = dynamic
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.num_steps = len(images) // batch_size  # an epoch
        self.seed = seed
        if schedule == "cosine":
            learning_rate = warm_cosine(learning_rate, epochs * self.num_steps)
        self.optimizer = keras.optimizers.Adam(learning_rate)
        self.optimizer.build(vae.variables)

    def run_epoch(self, epoch: int) -> dict[str, np.ndarray]:
        """Take each image once, in an order of this epoch's own.

        Args:
            epoch: counted from 0; order and noise are functions of it.

        Returns:
            `rate`, `distortion` and `loss` [steps], means over the batch in nats per
            image; the loss is what the objective makes of the other two.

        Raises:
            PipelineError: one of them is not finite; names epoch, step and quantity.
        """
        seed = seed_sequence(self.seed, Purpose.IMAGE_ORDER, epoch)
        order = np.random.default_rng(seed).permutation(len(self.images))
        order = order[: self.num_steps * self.batch_size]
        batches = order.reshape(self.num_steps, self.batch_size).astype(np.int32)
        terms = self._run_steps(
            tf.constant(batches), tf.constant(epoch * self.num_steps)
        )
        return _finite(terms, f"epoch {epoch + 1}, step")

    def validate(self, epoch: int) -> dict[str, np.ndarray]:
        """`rate` and `distortion` [images] of the validation images, one sample each.

        Raises:
            PipelineError: one of them is not finite.
        """
        terms = self._validate(tf.constant(epoch))
        return _finite(terms, f"the end of epoch {epoch + 1}, image")

    def state(self) -> dict[str, np.ndarray]:
        """Weights and the optimiser's variables, by place: all that epochs change."""
        return {str(i): np.asarray(v.numpy()) for i, v in enumerate(self._variables())}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        for i, variable in enumerate(self._variables()):
            variable.assign(state[str(i)])

    def _variables(self) -> list[keras.Variable]:
        return [*self.vae.variables, *self.optimizer.variables]

    @tf.function(jit_compile=True)
    def _validate(self, epoch):
        noise = standard_normal(
            [1, len(self.validation_images), self.vae.latent_dim],
            seed=self.seed,
            purpose=Purpose.VALIDATION_LATENTS,
            index=epoch,
        )
        terms = self.vae.terms(observations(self.validation_images), noise)
        return {"rate": terms.rate, "distortion": terms.distortion[0]}

    @tf.function(jit_compile=True)
    def _run_steps(self, batches, first_step):
        steps = tf.TensorArray(tf.float32, self.num_steps)
        for i in tf.range(self.num_steps):
            steps = steps.write(i, self._step(batches[i], first_step + i))
        rate, distortion, loss = tf.unstack(steps.stack(), axis=-1)
        return {"rate": rate, "distortion": distortion, "loss": loss}

    def _step(self, batch, step):
        images = tf.gather(self.images, batch)  # [batch, pixels]
        if self.dynamic:
            x = draw_binary(
                images, seed=self.seed, purpose=Purpose.TRAINING_PIXELS, index=step
            )
        else:
            x = observations(images)
        noise = standard_normal(
            [self.num_samples, self.batch_size, self.vae.latent_dim],
            seed=self.seed,
            purpose=Purpose.TRAINING_LATENTS,
            index=step,
        )
        progress = tf.cast(step, tf.float32) / self.num_steps
        with tf.GradientTape() as tape:
            terms = self.vae.terms(
                x,
                noise,
                doubly_reparameterised=self.objective.doubly_reparameterised,
            )
            loss = tf.reduce_mean(self.objective.loss(terms, progress))
        gradients = tape.gradient(loss, self.vae.variables)
        # XLA updates weights in place only where all that reads them must come before,
        # and else copies them at each step. The gradient of the first bias is computed
        # after all reads: this factor of 1 makes every update wait for it.
        one = 1.0 + 0.0 * gradients[1][0]
        gradients = [one * gradient for gradient in gradients]
        self.optimizer.apply(gradients, self.vae.variables)
        rate, distortion = map(tf.reduce_mean, (terms.rate, terms.distortion))
        return tf.stack([rate, distortion, loss])


def warm_cosine(
    learning_rate: float, num_steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rises linearly over a twentieth of the steps, then falls to zero as a cosine."""
    warmup_steps = num_steps // 20
    return keras.optimizers.schedules.CosineDecay(
        0.0 if warmup_steps else learning_rate,
        decay_steps=num_steps - warmup_steps,
        warmup_target=learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )


def _finite(terms: dict[str, tf.Tensor], place: str) -> dict[str, np.ndarray]:
    """All as arrays; stops a run that has diverged at the first value to show it."""
    terms = {name: term.numpy() for name, term in terms.items()}
    wrong = ~np.isfinite(list(terms.values()))  # [terms, values]
    if wrong.any():
        index = int(np.flatnonzero(wrong.any(axis=0))[0])
        name = list(terms)[int(np.argmax(wrong[:, index]))]
        raise PipelineError(
            f"training diverged: the {name} is {terms[name][index]} at {place} "
            f"{index + 1}; expected a finite number; lower train.learning_rate"
        )
    return terms
