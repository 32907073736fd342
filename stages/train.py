"""Train the VAE, and write its weights and its learning curve."""

from dataclasses import fields
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("train")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np
import pandas as pd

from vae.model import VAE
from vae.objectives import OBJECTIVES
from vae.pipeline.arrays import read_arrays
from vae.pipeline.checkpoint import FOLDER, State, fingerprint, load_state, save_state
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import hash_file, write_files
from vae.pipeline.params import check_counts, read_params
from vae.pipeline.progress import progress_bar
from vae.pipeline.registry import make
from vae.pipeline.schema import Params
from vae.pipeline.trained import PSEUDO_LIKELIHOOD, Description, pack_model
from vae.training import Recipe, Trainer

DATA = Path("data/images.npz")
HISTORY = Path("results/history.csv")


def make_trainer(params: Params, data: dict[str, np.ndarray]) -> Trainer:
    """Make the trainer of an untrained model, as configured."""
    train = params.train.model_dump()
    dynamic = data["binarization"] == "dynamic"
    images = data["train_gray" if dynamic else "train_images"]
    images = images.reshape(len(images), -1)
    validation_images = data["validation_images"]
    vae = VAE(
        num_pixels=images.shape[1], seed=train["seed"], **params.model.model_dump()
    )
    vae.start_from(images)
    return Trainer(
        vae,
        make(OBJECTIVES, train["objective"], **train),
        Recipe(**{field.name: train[field.name] for field in fields(Recipe)}),
        images,
        validation_images.reshape(len(validation_images), -1),
        dynamic=dynamic,
    )


def summarize(split: str, rate: np.ndarray, distortion: np.ndarray) -> dict[str, float]:
    """Return the columns of a split in the learning curve, in nats per image."""
    values = {"rate": float(np.mean(rate)), "distortion": float(np.mean(distortion))}
    values = {"elbo": -(values["rate"] + values["distortion"])} | values
    return {f"{split}_{name}": value for name, value in values.items()}


def run_epoch(trainer: Trainer, epoch: int) -> dict[str, float]:
    """Train for an epoch; return its row, with scheduled values at mid-epoch."""
    terms = finite_arrays(trainer.run_epoch(epoch), f"epoch {epoch + 1}, step")
    loss = terms.pop("loss")
    row = {"epoch": epoch + 1} | summarize("train", **terms)
    validation = trainer.validate(np.int32(epoch))
    validation = finite_arrays(validation, f"the end of epoch {epoch + 1}, image")
    row |= summarize("validation", **validation)
    row |= {"train_loss": float(np.mean(loss))}
    scheduled = trainer.objective.schedule(np.float32(epoch + 0.5))
    row |= {name: float(value) for name, value in scheduled.items()}
    if trainer.objective.by_dimension:
        rates = enumerate(trainer.rate_by_dimension().numpy(), start=1)
        row |= {f"rate_z{dimension}": float(rate) for dimension, rate in rates}
    return row


def finite_arrays(terms: dict[str, np.ndarray], where: str) -> dict[str, np.ndarray]:
    """Return terms [values] as arrays; raise PipelineError if one is not finite."""
    terms = {name: np.asarray(term) for name, term in terms.items()}
    wrong = ~np.isfinite(list(terms.values()))  # [terms, values]
    if wrong.any():
        index = int(np.flatnonzero(wrong.any(axis=0))[0])
        name = list(terms)[int(np.argmax(wrong[:, index]))]
        raise PipelineError(
            f"training diverged: the {name} is {terms[name][index]} at {where} "
            f"{index + 1}; expected a finite number; lower train.learning_rate, or "
            "with model.prior flow set train.weight_decay to 0.1"
        )
    return terms


def fit(trainer: Trainer, path: Path) -> list[dict[str, float]]:
    """Train, from the state at `path` if there is one; return the learning curve."""
    history, num_epochs = [], trainer.recipe.epochs
    variables = {str(i): variable for i, variable in enumerate(trainer.variables)}
    if state := load_state(path):
        history = state.history
        print(f"continuing after epoch {len(history)} of an unfinished run")
        for name, variable in variables.items():
            variable.assign(state.arrays[name])
    print("the first epoch is compiled, which takes some seconds", flush=True)
    bar = None
    for epoch in range(len(history), num_epochs):
        row = run_epoch(trainer, epoch)
        history.append(row)
        arrays = {name: np.asarray(x.numpy()) for name, x in variables.items()}
        save_state(path, State(history, arrays))
        write_files(pack_history(history))  # shows the progress
        # The clock starts after the first epoch, which includes the compilation.
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


def pack_history(history: list[dict[str, float]]) -> dict[Path, bytes]:
    """Return the content of the file of the learning curve, by path."""
    table = pd.DataFrame(history)
    csv = table.to_csv(index=False, float_format="%.4f", lineterminator="\n")
    return {HISTORY: csv.encode()}


def main() -> None:
    params = read_params()
    data = read_arrays(DATA, made_by="preprocess")
    check_counts(params, len(data["train_images"]) + len(data["validation_images"]))
    model, train = params.model.model_dump(), params.train.model_dump()
    description = Description.of_data(model, data)
    trainer = make_trainer(params, data)
    if trainer.vae.likelihood.binary != description.binary:
        print(PSEUDO_LIKELIHOOD)
    path = FOLDER / fingerprint({"model": model, "train": train}, hash_file(DATA))
    del data  # frees memory
    history = fit(trainer, path)
    stage.write(pack_model(description, trainer.vae.variables) | pack_history(history))
    path.unlink()


if __name__ == "__main__":
    main()
