"""Files of the trained model: its weights and its description.

Tools read the description, not `params.yaml`, which may have been edited since.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from vae.pipeline.errors import PipelineError, readable
from vae.pipeline.schema import Binarization, Count, Model

PSEUDO_LIKELIHOOD = (
    "pseudo-likelihood: this model.likelihood does not suit preprocess.binarization; "
    "its values cannot be compared with others"
)
OWN_DATA = "own data"  # title of the user's images
WEIGHTS = Path("results/model.safetensors")
DESCRIPTION = Path("results/model.json")

Form = tuple[tuple[int, ...], str]  # shape and type of an array


class Description(NamedTuple):
    """Description of a trained model; `image_shape` is height and width."""

    model: dict[str, Any]  # section of the parameters
    image_shape: Annotated[list[Count], Field(min_length=2, max_length=2)]
    dataset: str  # title of the data
    class_names: list[str]  # in the order of the labels
    binarization: Binarization  # the parameter
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


DESCRIPTIONS = TypeAdapter(Description)


def pack_model(description: Description, variables: Iterable[Any]) -> dict[Path, bytes]:
    """Return the contents of both files by path; `variables` are Keras variables."""
    text = json.dumps(description._asdict(), indent=2) + "\n"
    return {WEIGHTS: save(named_weights(variables)), DESCRIPTION: text.encode()}


def read_description(folder: Path = Path()) -> Description:
    """Read the description of a project's trained model."""
    path = folder / DESCRIPTION
    with readable(path, ValueError, made_by="train"):
        try:
            description = DESCRIPTIONS.validate_json(path.read_bytes(), strict=True)
            Model.model_validate(description.model)
        except ValidationError as error:
            first = error.errors()[0]
            name, received = [*first["loc"]], f"received {first['input']!r:.80}"
            raise ValueError(f"{name}: {received}; {first['msg']}") from None
        return description


def read_weights(folder: Path = Path()) -> dict[str, np.ndarray]:
    """Read the weights of a project by name.

    Weights that are not finite, or differ from the description, count as damage.
    """
    path = folder / WEIGHTS
    # KeyError: a type that NumPy lacks, such as bfloat16.
    with readable(path, KeyError, SafetensorError, ValueError, made_by="train"):
        weights = load(path.read_bytes())
        for name in sorted(weights):
            if not np.isfinite(weights[name]).all():
                raise ValueError(f"{name} is not finite")
        check_forms(weights, expected_forms(read_description(folder)))
        return weights


def expected_forms(description: Description) -> dict[str, Form]:
    """Return shape and type by name of the weights of a model."""
    model = Model.model_validate(description.model)
    widths = [description.num_pixels, *model.hidden_units]
    shapes: dict[str, tuple[int, ...]] = {}
    for network, output, sizes in (
        ("encoder", "posterior", [*widths, 2 * model.latent_dim]),
        ("decoder", "likelihood", [model.latent_dim, *reversed(widths)]),
        *(
            (f"prior.coupling_{i}", "output", w)
            for i, w in enumerate(model.couplings, 1)
        ),
    ):
        hidden = [f"hidden_{i + 1}" for i in range(len(sizes) - 2)]
        for layer, shape in zip([*hidden, output], pairwise(sizes), strict=True):
            shapes[f"{network}.{layer}.kernel"] = shape
            shapes[f"{network}.{layer}.bias"] = shape[1:]
    if model.num_pseudo_inputs:
        shapes["prior.pseudo_inputs"] = (model.num_pseudo_inputs, widths[0])
    if model.has_learned_scale:
        shapes["likelihood.log_scale"] = ()
    return {name: (shape, "float32") for name, shape in shapes.items()}


def check_forms(weights: Mapping[str, np.ndarray], expected: dict[str, Form]) -> None:
    """Raise ValueError unless weights have these names, shapes and types."""
    received = {name: (x.shape, x.dtype.name) for name, x in weights.items()}
    for name in sorted(received | expected):
        if received.get(name) != expected.get(name):
            raise ValueError(
                f"weights of another model: {name} is {received.get(name)}, "
                f"expected {expected.get(name)}"
            )


def named_weights(variables: Iterable[Any]) -> dict[str, np.ndarray]:
    """Return kernels [inputs, outputs], biases [outputs] and other weights by name."""
    return {_name(x): np.asarray(x.numpy()) for x in variables}


def assign_weights(variables: Iterable[Any], weights: Mapping[str, np.ndarray]) -> None:
    """Assign weights by name. Raises ValueError if they belong to another model."""
    by_name = {_name(x): x for x in variables}
    forms = {name: (tuple(x.shape), x.dtype) for name, x in by_name.items()}
    check_forms(weights, forms)
    for name, variable in by_name.items():
        variable.assign(weights[name])


def _name(variable: Any) -> str:
    """Return a name such as `encoder.hidden_1.kernel`: network, layer, parameter."""
    return variable.path.replace("/", ".")
