"""Files of the trained model: its weights and its description.

Tools read the description, not `params.yaml`, which may have been edited since.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from vae.pipeline.errors import PipelineError, readable

PSEUDO_LIKELIHOOD = (
    "pseudo-likelihood: this model.likelihood does not suit preprocess.binarization; "
    "its values cannot be compared with others"
)
OWN_DATA = "own data"  # title of the user's images
WEIGHTS = Path("results/model.safetensors")
DESCRIPTION = Path("results/model.json")


class Description(NamedTuple):
    """Description of a trained model; `image_shape` is height and width."""

    model: dict[str, Any]  # section of the parameters
    image_shape: list[int]
    dataset: str  # title of the data
    class_names: list[str]  # in the order of the labels
    binarization: str  # the parameter
    binary: bool  # whether all pixels are 0 or 1

    @property
    def is_ink(self) -> bool:
        """Whether images are ink, shown black on white; else 1 is shown as white."""
        return self.dataset != OWN_DATA

    @property
    def num_pixels(self) -> int:
        """Number of pixels per image."""
        return int(np.prod(self.image_shape))

    @classmethod
    def of_data(cls, model: dict[str, Any], data: Mapping[str, np.ndarray]) -> Self:
        """Describe a model that is trained on the arrays of `preprocess`."""
        return cls(
            model=model,
            image_shape=list(data["test_images"].shape[1:]),
            dataset=str(data["dataset"]),
            class_names=data["class_names"].tolist(),
            binarization=data["binarization"].item(),
            binary=bool(data["binary"]),
        )

    def check_data(self, data: Mapping[str, np.ndarray]) -> None:
        """Raise PipelineError if arrays of `preprocess` are others than in training."""
        received = self.of_data(self.model, data)
        for name, old, new in zip(self._fields, self, received, strict=True):
            if old != new:
                problem = f"{name} is {old!r:.80}, but that of the data is {new!r:.80}"
                remedy = "train again: dvc repro train"
                raise PipelineError(f"{DESCRIPTION}: {problem}; {remedy}")


def pack_model(description: Description, variables: Iterable[Any]) -> dict[Path, bytes]:
    """Return the contents of both files by path; `variables` are Keras variables."""
    text = json.dumps(description._asdict(), indent=2) + "\n"
    return {WEIGHTS: save(named_weights(variables)), DESCRIPTION: text.encode()}


def read_description(folder: Path = Path()) -> Description:
    """Read the description of a project's trained model."""
    path = folder / DESCRIPTION
    # TypeError: other names than those of the fields.
    with readable(path, TypeError, ValueError, made_by="train"):
        return Description(**json.loads(path.read_bytes()))


def read_weights(folder: Path = Path()) -> dict[str, np.ndarray]:
    """Read the weights of a project by name."""
    path = folder / WEIGHTS
    # KeyError: a type that NumPy lacks, such as bfloat16.
    with readable(path, KeyError, SafetensorError, ValueError, made_by="train"):
        return load(path.read_bytes())


def named_weights(variables: Iterable[Any]) -> dict[str, np.ndarray]:
    """Return kernels [inputs, outputs], biases [outputs] and other weights by name."""
    return {_name(x): np.asarray(x.numpy()) for x in variables}


def assign_weights(variables: Iterable[Any], weights: Mapping[str, np.ndarray]) -> None:
    """Assign weights by name. Raises PipelineError if they belong to another model."""
    by_name = {_name(x): x for x in variables}
    expected = {name: tuple(x.shape) for name, x in by_name.items()}
    received = {name: x.shape for name, x in weights.items()}
    for name in sorted(received | expected):
        if received.get(name) != expected.get(name):
            raise PipelineError(
                f"{WEIGHTS}: weights of another model: {name} has the shape "
                f"{received.get(name)}, expected {expected.get(name)}"
            )
    for name, variable in by_name.items():
        variable.assign(weights[name])


def _name(variable: Any) -> str:
    """Return a name such as `encoder.hidden_1.kernel`: network, layer, parameter."""
    return variable.path.replace("/", ".")
