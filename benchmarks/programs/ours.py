"""Train with this project's trainer, under its settings for reproducibility."""

import itertools

from programs.worker import LEARNING_RATE, NUM_PIXELS, serve
from vae.evaluation.elbo import rates_and_distortions
from vae.model import VAE
from vae.objectives import WeightedElbo
from vae.training import Recipe, Trainer


def make(configuration, images, **recipe):
    vae = VAE(
        num_pixels=NUM_PIXELS,
        latent_dim=configuration.latent_dim,
        hidden_units=configuration.hidden_units,
        activation=configuration.activation,
        likelihood="bernoulli",
        prior="standard",
        seed=1,
    )
    settings = {
        "num_samples": 1,
        "final_epochs": 0,
        "final_samples": 1,
        "epochs": 1,
        "batch_size": configuration.batch_size,
        "learning_rate": LEARNING_RATE,
        "weight_decay": 0.0,
        "schedule": "constant",
        "seed": 1,
    }
    trainer = Trainer(
        vae,
        WeightedElbo(beta=1.0, beta_warmup_epochs=0),
        Recipe(**settings | recipe),
        images,
        validation_images=images[:1],  # not evaluated
        dynamic=configuration.dynamic,
    )
    done = itertools.count()

    def run_epoch():
        terms = trainer.run_epoch(next(done))
        return float((terms["rate"] + terms["distortion"]).numpy().mean())

    def negative_elbo(images):
        draws = {"num_samples": 1, "seed": 1, "split": "train"}
        return float(sum(rates_and_distortions(vae, images, **draws)).mean())

    return run_epoch, negative_elbo


if __name__ == "__main__":
    serve(make)
