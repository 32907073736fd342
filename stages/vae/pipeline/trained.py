"""The trained model in files: its weights, and beside them a description of what it is.

Tools read the description, not `params.yaml`, which may have been edited since.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from vae.pipeline.errors import readable

PSEUDO_LIKELIHOOD = (
    "pseudo-likelihood: this model.likelihood does not suit preprocess.binarization; "
    "its numbers compare with no others"
)
WEIGHTS = Path("results/model.safetensors")
DESCRIPTION = Path("results/model.json")


class Description(NamedTuple):
    """What a trained model is."""

    model: dict[str, Any]  # the section of the parameters
    image_shape: list[int]  # height and width
    dataset: str  # title of the data
    class_names: list[str]  # in the order of the labels
    binarization: str  # the parameter
    binary: bool  # whether all pixels are 0 or 1

    @property
    def num_pixels(self) -> int:
        """Pixels of an image."""
        return int(np.prod(self.image_shape))

    @classmethod
    def of_data(cls, model: dict[str, Any], data: Mapping[str, np.ndarray]) -> Self:
        """Describe a model that is trained on the arrays of `preprocess`."""
        return cls(
            model=model,
            image_shape=list(data["test_images"].shape[1:]),
            dataset=str(data["dataset"]),
            class_names=data["class_names"].tolist(),
            binarization=str(data["binarization"]),
            binary=bool(data["binary"]),
        )


def pack_model(description: Description, variables: Iterable[Any]) -> dict[Path, bytes]:
    """Return the contents of both files by path; `variables` are those of Keras."""
    text = json.dumps(description._asdict(), indent=2) + "\n"
    return {WEIGHTS: save(named_weights(variables)), DESCRIPTION: text.encode()}


def read_description(folder: Path = Path()) -> Description:
    """Read what the trained model of a project is."""
    path = folder / DESCRIPTION
    with readable(path, TypeError, ValueError, made_by="train"):
        return Description(**json.loads(path.read_text(encoding="utf-8")))


def read_weights(folder: Path = Path()) -> dict[str, np.ndarray]:
    """Read the weights of a project by name; one that is not finite is damage."""
    path = folder / WEIGHTS
    with readable(path, SafetensorError, ValueError, made_by="train"):
        weights = load(path.read_bytes())
        for name in sorted(weights):
            if not np.isfinite(weights[name]).all():
                raise ValueError(f"{name} is not finite")
        return weights


def named_weights(variables: Iterable[Any]) -> dict[str, np.ndarray]:
    """Return each kernel [inputs, outputs] and bias [outputs] by its name, float32."""
    return {_name(x): np.asarray(x.numpy()) for x in variables}


def assign_weights(variables: Iterable[Any], weights: Mapping[str, np.ndarray]) -> None:
    """Assign weights by name. Raises ValueError if they are of another model."""
    by_name = {_name(x): x for x in variables}
    received = {name: (x.shape, x.dtype.name) for name, x in weights.items()}
    expected = {name: (tuple(x.shape), x.dtype) for name, x in by_name.items()}
    for name in sorted(received | expected):
        if received.get(name) != expected.get(name):
            raise ValueError(
                f"weights of another model: {name} is {received.get(name)}, "
                f"expected {expected.get(name)}"
            )
    for name, variable in by_name.items():
        variable.assign(weights[name])


def _name(variable: Any) -> str:
    """Return a name such as `encoder.hidden_1.kernel`: network, layer, parameter."""
    return variable.path.replace("/", ".")
