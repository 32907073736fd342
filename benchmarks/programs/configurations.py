"""What is trained in each comparison: shapes, batch, pixels and number of images."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import yaml

NUM_PIXELS = 784
LEARNING_RATE = 1e-3  # of Adam, constant, in every program
NUM_SAMPLES = 5000  # of 20-D latents, for the bound on log p(x) of an image


@dataclass(frozen=True)
class Configuration:
    """A dense VAE and how it is trained.

    Attributes:
        hidden_units: of the encoder; the decoder has them in reverse order.
        latent_dim: number of latent dimensions.
        activation: of the hidden layers.
        batch_size: images a step.
        dynamic: draw binary pixels anew at each step, or take grey ones.
        num_images: that every program trains on, and an epoch takes once each.
    """

    hidden_units: tuple[int, ...]
    latent_dim: int
    activation: str
    batch_size: int
    dynamic: bool
    num_images: int

    @property
    def num_steps(self) -> int:
        """Of an epoch; a last, incomplete batch is left out."""
        return self.num_images // self.batch_size

    def encoder_layers(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each layer; both heads are one."""
        return [*pairwise([NUM_PIXELS, *self.hidden_units, 2 * self.latent_dim])]

    def decoder_layers(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each layer."""
        return [*pairwise([self.latent_dim, *reversed(self.hidden_units), NUM_PIXELS])]

    def training_multiply_adds(self) -> int:
        """For one image.

        Each layer has three products of inputs x outputs multiply-adds: its output,
        the gradient of its weights and that of its input. The gradient of the first
        layer's input, the pixels, is not needed.
        """
        layers = self.encoder_layers() + self.decoder_layers()
        sizes = [inputs * outputs for inputs, outputs in layers]
        return 3 * sum(sizes) - sizes[0]

    def bound_multiply_adds(self) -> int:
        """For one image: its samples are decoded, all else is little beside that."""
        sizes = [inputs * outputs for inputs, outputs in self.decoder_layers()]
        return NUM_SAMPLES * sum(sizes)


def pipeline_default() -> Configuration:
    """What params.yaml describes, but for the learning rate."""
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    model = params["model"]
    return Configuration(
        hidden_units=tuple(model["hidden_units"]),
        latent_dim=model["latent_dim"],
        activation=model["activation"],
        batch_size=params["train"]["batch_size"],
        dynamic=params["preprocess"]["binarization"] == "dynamic",
        num_images=51_200,
    )


BOUND = "bound"  # the one that does not train; a step of it is the samples of an image
TRAINED = {
    "grey": Configuration((400,), 20, "relu", 128, False, 51_200),
    "dynamic": Configuration((400,), 20, "relu", 128, True, 51_200),
    "default": pipeline_default(),
    "deep": Configuration((512, 256, 128, 64, 32, 16, 8), 2, "relu", 32, True, 25_600),
    "tanh": Configuration((200, 200), 50, "tanh", 20, True, 25_600),
}
CONFIGURATIONS = TRAINED | {
    BOUND: replace(TRAINED["default"], latent_dim=20, batch_size=1, num_images=200)
}
