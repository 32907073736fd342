"""Fit the VAE to the training images; keep its weights and its learning curve."""

from contextlib import suppress
from pathlib import Path

from vae.stage import write_outputs

import numpy as np
import pandas as pd
from safetensors.numpy import save

from vae.arrays import read_arrays
from vae.checkpoint import State, fingerprint, load_state, save_state
from vae.files import hash_file
from vae.likelihoods import PSEUDO_LIKELIHOOD, is_pseudo_likelihood
from vae.memory import release_memory
from vae.model import VAE
from vae.objectives import make_objective
from vae.params import Params, check_counts, read_params
from vae.progress import progress_bar
from vae.training import Trainer

DATA = Path("data/images.npz")
OBSERVATIONS = {
    "train_images": "uint8 train height width",
    "validation_images": "uint8 validation height width",
}
WEIGHTS = Path("results/model.safetensors")
HISTORY = Path("results/history.csv")
STATE = Path(".state/train")  # outside DVC's outputs, which it deletes before a run

# Parameters of `train` that the objective takes; the trainer takes the others.
OBJECTIVE = {
    "objective",
    "beta",
    "beta_warmup_epochs",
    "gamma",
    "capacity",
    "capacity_epochs",
}


def make_trainer(params: Params, data: dict[str, np.ndarray]) -> Trainer:
    """An untrained model of the configured shape, and what trains it."""
    # Grey images are there where pixels are to be drawn anew at each step.
    images = data.get("train_grey", data["train_images"])
    images = images.reshape(len(images), -1)
    validation_images = data["validation_images"]
    vae = VAE(
        num_pixels=images.shape[1],
        seed=params.train.seed,
        **params.model.model_dump(),
    )
    vae.start_from(images)
    return Trainer(
        vae,
        make_objective(**params.train.model_dump(include=OBJECTIVE)),
        images,
        validation_images.reshape(len(validation_images), -1),
        dynamic="train_grey" in data,
        **params.train.model_dump(exclude=OBJECTIVE),
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
    terms = trainer.run_epoch(epoch)
    release_memory()  # above all what the compilation took
    loss = terms.pop("loss")
    row = {"epoch": epoch + 1}
    row |= summarize("train", **terms)
    row |= summarize("validation", **trainer.validate(epoch))
    row |= {"train_loss": float(np.mean(loss))}
    varied = trainer.objective.schedule(np.float32(epoch + 0.5))
    return row | {name: float(value) for name, value in varied.items()}


def fit(trainer: Trainer, num_epochs: int, key: str) -> list[dict[str, float]]:
    """The learning curve; goes on where a run with this key was cut short."""
    history = []
    if state := load_state(STATE, key):
        history = state.history
        trainer.restore(state.arrays)
        print(f"going on after epoch {len(history)}, where a run was cut short")
    print("the first epoch is compiled, which takes some seconds", flush=True)
    bar = None
    for epoch in range(len(history), num_epochs):
        row = run_epoch(trainer, epoch)
        history.append(row)
        save_state(STATE, key, State(history, trainer.state()))
        # The clock starts after the first epoch: compilation is no measure of the rest.
        if bar is None:
            bar = progress_bar("epoch", num_epochs, initial=epoch)
        train, validation = row["train_elbo"], row["validation_elbo"]
        elbos = f"ELBO train {train:.2f}, validation {validation:.2f}"
        bar.set_postfix_str(elbos, refresh=False)
        bar.update()
        if bar.disable:
            print(f"epoch {epoch + 1}/{num_epochs}: {elbos}", flush=True)
    if bar is not None:
        bar.close()
    return history


def main() -> None:
    params = read_params()
    data = read_arrays(DATA, OBSERVATIONS, made_by="preprocess")
    check_counts(params, len(data["train_images"]) + len(data["validation_images"]))
    trainer = make_trainer(params, data)
    if is_pseudo_likelihood(trainer.vae.likelihood, data["validation_images"]):
        print(PSEUDO_LIKELIHOOD)
    read = {"model": params.model.model_dump(), "train": params.train.model_dump()}
    key = fingerprint(read, hash_file(DATA))
    del data  # the trainer has what it needs
    history = pd.DataFrame(fit(trainer, params.train.epochs, key))

    csv = history.to_csv(index=False, float_format="%.4f", lineterminator="\n")
    weights = save(trainer.vae.named_weights())
    write_outputs({WEIGHTS: weights, HISTORY: csv.encode()})
    STATE.unlink()
    with suppress(OSError):  # the folder holds something else, or is a link
        STATE.parent.rmdir()


if __name__ == "__main__":
    main()
