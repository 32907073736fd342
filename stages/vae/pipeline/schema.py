"""The parameters of the pipeline: their names, types and allowed values.

There are no defaults, so the file determines the run. `docs/parameters.md` explains
each parameter.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

# Fewer images might lack the neighbors and the classes that `evaluate` needs.
MIN_IMAGES = 10

MAX_SIDE = 256  # of images, in pixels

# Priors with weights, and likelihoods whose samples have the same pixels as the data.
LEARNED_PRIORS = ("vamp", "flow")
DRAWABLE_LIKELIHOODS = ("bernoulli",)

# NumPy and TensorFlow use 32-bit integers.
Count = Annotated[int, Field(ge=1, lt=2**31)]
CountOrZero = Annotated[int, Field(ge=0, lt=2**31)]
Seed = CountOrZero
Number = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[Number, Field(ge=0, le=1e6)]
Positive = Annotated[Number, Field(gt=0, le=1e6)]


def _learned_or_positive(value: Any) -> Any:
    """Validate a standard deviation, or the word `learned`."""
    if value == "learned":
        return value
    if type(value) not in (int, float) or not 1e-3 <= value <= 1e6:
        raise ValueError("Input should be 'learned' or at least 0.001")
    return float(value)


def _none_or_a_grid(num_points: int) -> int:
    """Validate the size of a grid: 0 for none, or at least 3."""
    if num_points in (1, 2):
        raise ValueError("Input should be 0 or at least 3")
    return num_points


def _original_or_shape(value: Any) -> Any:
    """Validate height and width in pixels, or the word `original`."""
    sides = value if isinstance(value, list) and len(value) == 2 else [None]
    fits = all(type(side) is int and 1 <= side <= MAX_SIDE for side in sides)
    if value != "original" and not fits:
        allowed = f"'original' or [height, width], each from 1 to {MAX_SIDE}"
        raise ValueError(f"Input should be {allowed}")
    return value


GridPoints = Annotated[CountOrZero, Field(le=10_000), AfterValidator(_none_or_a_grid)]
Scale = Annotated[float | str, PlainValidator(_learned_or_positive)]
Size = Annotated[list[int] | str, PlainValidator(_original_or_shape)]


class Section(BaseModel):
    """A section of the file: unknown keys, missing keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Download(Section):
    """The dataset, and the conversion of the user's own images."""

    dataset: str  # a name in `vae.data.catalog`, `sprites` or `own`
    color: Literal["refuse", "gray"]
    size: Size
    transposed: bool


class Preprocess(Section):
    """The conversion of images to observations `x` in [0, 1]."""

    binarization: Literal["none", "threshold", "static", "dynamic"]
    test_images: CountOrZero
    validation_images: Count
    seed: Seed


class Model(Section):
    """The networks of q(z|x) and p(x|z), and the prior."""

    latent_dim: Annotated[Count, Field(le=1000)]
    prior: Literal["standard", "vamp", "flow"]
    pseudo_inputs: Annotated[Count, Field(le=10_000)]
    flow_layers: Annotated[Count, Field(le=32)]  # more would compile for minutes
    flow_units: Annotated[Count, Field(le=10_000)]
    hidden_units: Annotated[
        list[Annotated[Count, Field(le=10_000)]], Field(min_length=1, max_length=100)
    ]
    activation: Literal["relu", "elu", "gelu", "silu", "tanh"]
    likelihood: Literal["bernoulli", "continuous_bernoulli", "gaussian"]
    gaussian_scale: Scale


class Train(Section):
    """The objective and the optimization."""

    objective: Literal["elbo", "capacity", "iwae", "dreg"]
    num_samples: Annotated[Count, Field(le=1000)]
    final_epochs: CountOrZero
    final_samples: Annotated[Count, Field(le=1000)]
    beta: NotNegative
    beta_warmup_epochs: CountOrZero
    gamma: NotNegative
    capacity: NotNegative
    capacity_epochs: CountOrZero
    epochs: Count
    batch_size: Count
    learning_rate: Positive
    weight_decay: NotNegative
    schedule: Literal["constant", "cosine"]
    seed: Seed

    @field_validator("num_samples", "final_samples")
    @classmethod
    def _more_than_one_for_iwae(cls, num_samples: int, info: ValidationInfo) -> int:
        if info.data.get("objective") == "iwae" and num_samples == 1:
            raise ValueError("Input should be greater than 1 with objective iwae")
        return num_samples


class Evaluate(Section):
    """The estimators of the bounds."""

    max_images: Annotated[Count, Field(ge=MIN_IMAGES)]
    num_samples: Annotated[Count, Field(le=1000)]
    proposal: Literal["posterior", "adaptive"]
    num_importance_samples: Annotated[Count, Field(le=100_000)]
    grid_points: Annotated[list[GridPoints], Field(min_length=2, max_length=2)]
    annealed_images: CountOrZero
    optimized_images: CountOrZero
    seed: Seed

    def num_grid_points(self, latent_dim: int) -> int:
        """Return the number of grid points along an axis, 0 for no grid."""
        return self.grid_points[latent_dim - 1] if latent_dim <= 2 else 0

    @field_validator("num_importance_samples")
    @classmethod
    def _enough_to_explore(cls, num_samples: int, info: ValidationInfo) -> int:
        if info.data.get("proposal") == "adaptive" and num_samples < 10:
            raise ValueError("Input should be at least 10 with proposal adaptive")
        return num_samples


class Params(Section):
    """The whole file, with one section per group of parameters."""

    download: Download
    preprocess: Preprocess
    model: Model
    train: Train
    evaluate: Evaluate

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        """Raise ValueError if two parameters exclude each other."""
        model, evaluate = self.model, self.evaluate
        if model.prior == "flow" and model.latent_dim == 1:
            raise ValueError(
                "model.prior: received 'flow' with model.latent_dim 1; allowed: "
                "standard or vamp, because a coupling needs two dimensions or more"
            )
        if model.prior in LEARNED_PRIORS and self.train.objective == "capacity":
            raise ValueError(
                "train.objective: received 'capacity' with model.prior "
                f"{model.prior!r}; allowed: elbo, iwae or dreg, because a learned "
                "prior gives only an estimate of the rate of an image"
            )
        if evaluate.annealed_images and model.likelihood not in DRAWABLE_LIKELIHOODS:
            raise ValueError(
                f"evaluate.annealed_images: received {evaluate.annealed_images} with "
                f"model.likelihood {model.likelihood!r}; allowed: 0, because images "
                "drawn from the model have binary pixels; or likelihood "
                + " or ".join(DRAWABLE_LIKELIHOODS)
            )
        return self
