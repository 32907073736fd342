"""The parameters of the pipeline: their names, types and allowed values.

There are no defaults: what runs is what the file says.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

# So few still have the neighbours and the classes that `evaluate` needs.
MIN_TRAINING_IMAGES = 10

# Bounded, because NumPy and TensorFlow count with machine integers.
Count = Annotated[int, Field(ge=1, lt=2**31)]
CountOrZero = Annotated[int, Field(ge=0, lt=2**31)]
Seed = CountOrZero
Number = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[Number, Field(ge=0, le=1e6)]
Positive = Annotated[Number, Field(gt=0, le=1e6)]


def _learned_or_positive(value: Any) -> Any:
    """A standard deviation, or the word for one that is trained."""
    if value == "learned":
        return value
    try:
        number = TypeAdapter(Annotated[Positive, Field(ge=1e-3), Strict()])
        return number.validate_python(value)
    except ValidationError:
        raise ValueError("Input should be 'learned' or at least 0.001") from None


def _none_or_a_grid(num_points: int) -> int:
    """A grid has points between its ends."""
    if num_points in (1, 2):
        raise ValueError("Input should be 0 or at least 3")
    return num_points


GridPoints = Annotated[CountOrZero, Field(le=10_000), AfterValidator(_none_or_a_grid)]
Scale = Annotated[float | str, PlainValidator(_learned_or_positive)]


class Section(BaseModel):
    """A section of the file: unknown keys, missing keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Download(Section):
    """Which data.

    Attributes:
        dataset: a name in `vae.data.datasets`.
    """

    dataset: str


class Preprocess(Section):
    """How images become observations `x` in [0, 1].

    Attributes:
        binarization: `none` keeps grey values; `threshold` cuts at one half; `static`
            draws each pixel once, with its grey value as the probability of a 1;
            `dynamic` does so for validation and test images, and draws training
            images anew each time they are seen.
        validation_images: how many of the last training images are held out.
        seed: of pixels that are drawn once.
    """

    binarization: Literal["none", "threshold", "static", "dynamic"]
    validation_images: Count
    seed: Seed


class Model(Section):
    """The networks of q(z|x) and p(x|z).

    Attributes:
        latent_dim: number of latent dimensions.
        prior: `standard`, N(0, I); or `vamp`, a mixture that is learned.
        pseudo_inputs: of the mixture, whose components are their posteriors.
        hidden_units: widths of the encoder's hidden layers, from the pixels to the
            latents; the decoder has the same in reverse order.
        activation: of the hidden layers, a name that Keras knows.
        likelihood: the family of p(x|z).
        gaussian_scale: standard deviation of a pixel, or `learned`; for `gaussian`.
    """

    latent_dim: Annotated[Count, Field(le=1000)]
    prior: Literal["standard", "vamp"]
    pseudo_inputs: Annotated[Count, Field(le=10_000)]
    hidden_units: Annotated[
        list[Annotated[Count, Field(le=10_000)]], Field(min_length=1, max_length=100)
    ]
    activation: Literal["relu", "elu", "gelu", "silu", "tanh"]
    likelihood: Literal["bernoulli", "continuous_bernoulli", "gaussian"]
    gaussian_scale: Scale


class Train(Section):
    """How the weights are found.

    Attributes:
        objective: what is maximised or held: `elbo`, `capacity`, `iwae`, or `dreg`, the
            same bound as `iwae` with another gradient of the encoder.
        num_samples: of z for each image at each step.
        beta: weight of the rate, for `elbo`; 1 gives the ELBO itself.
        beta_warmup_epochs: over which this weight rises from 0; for `elbo`.
        gamma: weight of the rate's distance from C, for `capacity`.
        capacity: nats at which C ends, for `capacity`.
        capacity_epochs: over which C rises from 0, for `capacity`.
        epochs: passes over the training images.
        batch_size: images a step; a last, incomplete batch of an epoch is left out.
        learning_rate: of Adam, at its highest.
        schedule: `constant`, or `cosine`: up over the first twentieth of the steps,
            then down to zero at the last.
        seed: of the initial weights, the order of the images, and pixels and latents
            drawn in training.
    """

    objective: Literal["elbo", "capacity", "iwae", "dreg"]
    num_samples: Annotated[Count, Field(le=1000)]
    beta: NotNegative
    beta_warmup_epochs: CountOrZero
    gamma: NotNegative
    capacity: NotNegative
    capacity_epochs: CountOrZero
    epochs: Count
    batch_size: Count
    learning_rate: Positive
    schedule: Literal["constant", "cosine"]
    seed: Seed

    @field_validator("num_samples")
    @classmethod
    def _more_than_one_for_iwae(cls, num_samples: int, info: ValidationInfo) -> int:
        if info.data.get("objective") == "iwae" and num_samples == 1:
            raise ValueError("Input should be greater than 1 with objective iwae")
        return num_samples


class Evaluate(Section):
    """How well the bound is estimated.

    Attributes:
        max_images: of a split, that are looked at; the first so many.
        num_samples: latent samples an image over which the distortion is averaged.
        proposal: from which the importance-weighted bound draws: `posterior`, q(z|x)
            as in the literature; or `adaptive`, which finds what q(z|x) misses.
        num_importance_samples: latent samples a test image of that bound.
        grid_points: of the quadrature of log p(x) along an axis, for one and for two
            latent dimensions; 0 for none.
        annealed_images: on how many test images, and as many drawn from the model,
            log p(x) is enclosed by annealing; 0 for none. Of a Bernoulli likelihood.
        optimised_images: on how many test images the best q(z|x) is found, which takes
            the gap of the ELBO apart; 0 for none. Where log p(x) is integrated.
        seed: of all latent samples.
    """

    max_images: Annotated[Count, Field(ge=MIN_TRAINING_IMAGES)]
    num_samples: Annotated[Count, Field(le=1000)]
    proposal: Literal["posterior", "adaptive"]
    num_importance_samples: Annotated[Count, Field(le=100_000)]
    grid_points: Annotated[list[GridPoints], Field(min_length=2, max_length=2)]
    annealed_images: CountOrZero
    optimised_images: CountOrZero
    seed: Seed

    def num_grid_points(self, latent_dim: int) -> int:
        """Return the points along an axis for so many latent dimensions, 0 for none."""
        return self.grid_points[latent_dim - 1] if latent_dim <= 2 else 0

    @field_validator("num_importance_samples")
    @classmethod
    def _enough_to_explore(cls, num_samples: int, info: ValidationInfo) -> int:
        if info.data.get("proposal") == "adaptive" and num_samples < 10:
            raise ValueError("Input should be at least 10 with proposal adaptive")
        return num_samples


class Params(Section):
    """The whole file, a section for each stage that takes parameters."""

    download: Download
    preprocess: Preprocess
    model: Model
    train: Train
    evaluate: Evaluate

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        """Raise ValueError where two parameters do not go together."""
        prior, objective = self.model.prior, self.train.objective
        if prior != "standard" and objective == "capacity":
            raise ValueError(
                f"train.objective: received {objective!r} with model.prior {prior!r}; "
                "allowed: elbo, iwae or dreg, as an image's rate under a learned prior "
                "is an estimate, and its distance from C biased"
            )
        likelihood, annealed = self.model.likelihood, self.evaluate.annealed_images
        if annealed and likelihood != "bernoulli":
            raise ValueError(
                f"evaluate.annealed_images: received {annealed} with model.likelihood "
                f"{likelihood!r}; allowed: 0, as images drawn from the model have "
                "binary pixels; or likelihood bernoulli"
            )
        latent_dim, optimised = self.model.latent_dim, self.evaluate.optimised_images
        if optimised and not self.evaluate.num_grid_points(latent_dim):
            raise ValueError(
                f"evaluate.optimised_images: received {optimised} with "
                f"model.latent_dim {latent_dim} and evaluate.grid_points "
                f"{self.evaluate.grid_points}; "
                "allowed: 0, as the gaps need log p(x), which is integrated on a grid "
                "of one or two dimensions"
            )
        return self
