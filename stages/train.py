"""Fit the VAE to the training images; keep its weights and its learning curve."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save
from tqdm import tqdm

from vae.arrays import read_arrays
from vae.checkpoint import State, fingerprint, load_state, save_state
from vae.errors import run
from vae.files import write_whole
from vae.likelihoods import PSEUDO_LIKELIHOOD, is_pseudo_likelihood
from vae.model import VAE
from vae.objectives import make_objective
from vae.params import Params, read_params
from vae.training import Trainer

DATA = Path("data/mnist.npz")
SPLITS = ("train_images", "validation_images")
WEIGHTS = Path("results/model.safetensors")
HISTORY = Path("results/history.csv")
STATE = Path(".state/train")  # outside DVC's outputs, which it deletes before a run


def make_trainer(
    params: Params, images: np.ndarray, validation_images: np.ndarray
) -> Trainer:
    """An untrained model of the configured shape, and what trains it."""
    images, validation_images = (
        a.reshape(len(a), -1) for a in (images, validation_images)
    )
    vae = VAE(
        num_pixels=images.shape[1],
        seed=params.train.seed,
        **params.model.model_dump(),
    )
    vae.start_at(images.mean(axis=0) / 255)
    objective = make_objective(
        params.train.objective,
        beta=params.train.beta,
        beta_warmup_epochs=params.train.beta_warmup_epochs,
        gamma=params.train.gamma,
        capacity=params.train.capacity,
        capacity_epochs=params.train.capacity_epochs,
    )
    return Trainer(
        vae,
        objective,
        images,
        validation_images,
        dynamic=params.preprocess.binarization == "dynamic",
        num_samples=params.train.num_samples,
        epochs=params.train.epochs,
        batch_size=params.train.batch_size,
        learning_rate=params.train.learning_rate,
        schedule=params.train.schedule,
        seed=params.train.seed,
    )


def summarize(split: str, rate: np.ndarray, distortion: np.ndarray) -> dict[str, float]:
    """Columns of the learning curve, nats per image."""
    rate, distortion = float(np.mean(rate)), float(np.mean(distortion))
    elbo = -(rate + distortion)
    return {
        f"{split}_elbo": elbo,
        f"{split}_rate": rate,
        f"{split}_distortion": distortion,
    }


def run_epoch(trainer: Trainer, epoch: int) -> dict[str, float]:
    """A row of the learning curve, with what the objective varies at mid-epoch."""
    row = {"epoch": epoch + 1}
    row |= summarize("train", *trainer.run_epoch(epoch))
    row |= summarize("validation", *trainer.validate(epoch))
    varied = trainer.objective.schedule(np.float32(epoch + 0.5))
    return row | {name: float(value) for name, value in varied.items()}


def fit(trainer: Trainer, num_epochs: int, key: str) -> list[dict[str, float]]:
    """The learning curve; goes on where a run with this key was cut short."""
    history = []
    if state := load_state(STATE, key, trainer.state()):
        history = state.history
        trainer.restore(state.arrays)
        print(f"going on after epoch {len(history)}, where a run was cut short")
    epochs = tqdm(
        range(len(history), num_epochs),
        initial=len(history),
        total=num_epochs,
        unit="epoch",
        disable=None,
    )
    for epoch in epochs:
        row = run_epoch(trainer, epoch)
        history.append(row)
        save_state(STATE, key, State(history, trainer.state()))
        elbos = (
            f"train {row['train_elbo']:.2f}, validation {row['validation_elbo']:.2f}"
        )
        epochs.set_postfix_str(f"ELBO {elbos}")
        if epochs.disable:
            print(f"epoch {epoch + 1}/{num_epochs}: ELBO {elbos}", flush=True)
    return history


def main() -> None:
    params = read_params()
    arrays = read_arrays(DATA, *SPLITS, made_by="preprocess")
    trainer = make_trainer(params, *(arrays[name] for name in SPLITS))
    likelihood = trainer.vae.likelihood
    if is_pseudo_likelihood(likelihood, params.preprocess.binarization):
        print(PSEUDO_LIKELIHOOD)
    read = {
        "binarization": params.preprocess.binarization,
        "model": params.model.model_dump(),
        "train": params.train.model_dump(),
    }
    key = fingerprint(read, DATA.read_bytes())
    history = pd.DataFrame(fit(trainer, params.train.epochs, key))

    csv = history.to_csv(index=False, float_format="%.4f", lineterminator="\n")
    write_whole(WEIGHTS, save(trainer.vae.named_weights()))
    write_whole(HISTORY, csv.encode())
    shutil.rmtree(STATE.parent)


if __name__ == "__main__":
    run(main)
