"""Fit the VAE to the training images; keep its weights and its learning curve."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save
from tqdm import tqdm

from vae.arrays import read_arrays
from vae.errors import PipelineError, run
from vae.model import VAE
from vae.params import Params, read_params
from vae.training import Trainer

DATA = Path("data/mnist.npz")
WEIGHTS = Path("results/model.safetensors")
HISTORY = Path("results/history.csv")


def make_trainer(
    params: Params, train_images: np.ndarray, validation_images: np.ndarray
) -> Trainer:
    """An untrained model of the configured shape, and what trains it."""
    train_images, validation_images = (
        images.reshape(len(images), -1) for images in (train_images, validation_images)
    )
    vae = VAE(
        num_pixels=train_images.shape[1],
        seed=params.train.seed,
        **params.model.model_dump(),
    )
    vae.start_at(train_images.mean(axis=0) / 255)
    return Trainer(
        vae,
        train_images,
        validation_images,
        dynamic=params.preprocess.binarization == "dynamic",
        **params.train.model_dump(),
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


def main() -> None:
    params = read_params()
    train_images, validation_images = read_arrays(
        DATA, "train_images", "validation_images", made_by="preprocess"
    )
    trainer = make_trainer(params, train_images, validation_images)

    history = []
    epochs = tqdm(range(params.train.epochs), unit="epoch", disable=None)
    for epoch in epochs:
        row = {"epoch": epoch + 1}
        row |= summarize("train", *trainer.run_epoch(epoch))
        row |= summarize("validation", *trainer.validate(epoch))
        history.append(row)
        line = f"ELBO train {row['train_elbo']:.2f}, validation {row['validation_elbo']:.2f}"
        if epochs.disable:
            print(f"epoch {epoch + 1}/{params.train.epochs}: {line}", flush=True)
        else:
            epochs.set_postfix_str(line)

    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    WEIGHTS.write_bytes(save(trainer.vae.named_weights()))
    pd.DataFrame(history).to_csv(
        HISTORY, index=False, float_format="%.4f", lineterminator="\n"
    )


if __name__ == "__main__":
    run(main)
