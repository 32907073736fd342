"""The pipeline's own trainer, with the settings under which its bits are the same."""

import itertools

from programs.configurations import LEARNING_RATE, NUM_PIXELS
from programs.worker import serve
from vae.model import VAE
from vae.objectives import WeightedElbo
from vae.training import Trainer


def make_vae(configuration):
    return VAE(
        num_pixels=NUM_PIXELS,
        latent_dim=configuration.latent_dim,
        prior="standard",
        pseudo_inputs=1,
        hidden_units=configuration.hidden_units,
        activation=configuration.activation,
        likelihood="bernoulli",
        gaussian_scale=1.0,
        seed=1,
    )


def make(configuration, images):
    trainer = Trainer(
        make_vae(configuration),
        WeightedElbo(beta=1.0, warmup_epochs=0),
        images,
        images[:1],  # for validation, which is not run
        dynamic=configuration.dynamic,
        num_samples=1,
        epochs=1,
        batch_size=configuration.batch_size,
        learning_rate=LEARNING_RATE,
        schedule="constant",
        seed=1,
    )
    epochs = itertools.count()

    def run_epoch():
        terms = trainer.run_epoch(next(epochs))
        return float((terms["rate"] + terms["distortion"]).mean())

    return run_epoch


if __name__ == "__main__":
    serve(make)
