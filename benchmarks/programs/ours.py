"""The pipeline's own trainer, with the settings under which its bits are the same."""

import itertools

from programs.configurations import LEARNING_RATE, NUM_PIXELS
from programs.worker import Program, serve
from vae.evaluation.elbo import rates_and_distortions
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


def make(
    configuration, images, epochs=1, learning_rate=LEARNING_RATE, schedule="constant"
):
    vae = make_vae(configuration)
    trainer = Trainer(
        vae,
        WeightedElbo(beta=1.0, warmup_epochs=0),
        images,
        images[:1],  # for validation, which is not run
        dynamic=configuration.dynamic,
        num_samples=1,
        epochs=epochs,
        batch_size=configuration.batch_size,
        learning_rate=learning_rate,
        schedule=schedule,
        seed=1,
    )
    done = itertools.count()

    def run_epoch():
        terms = trainer.run_epoch(next(done))
        return float((terms["rate"] + terms["distortion"]).mean())

    def negative_elbo(images):
        rate, distortion = rates_and_distortions(
            vae, images, num_samples=1, seed=1, split="train"
        )
        return float((rate + distortion).mean())

    return Program(run_epoch, negative_elbo)


if __name__ == "__main__":
    serve(make)
