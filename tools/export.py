"""Export encoder and decoder as Keras or ONNX files, with a model card.

    python tools/export.py --format keras --output exported

This writes `encoder.keras`, `decoder.keras` and `README.md`, after a comparison of both
networks with the NumPy model. ONNX needs more packages: pip install .[onnx]
"""

import importlib.util
import json
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import numpy_model
from command import Parser, run
from model_card import METRICS as SHOWN
from model_card import model_card
from vae.numerics.determinism import keras
from vae.pipeline.errors import PipelineError, printable, readable
from vae.pipeline.trained import Description, read_description, read_weights

METRICS = Path("results/metrics.json")
ERRORS = Path("results/standard_errors.csv")
ONNX_PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
TOLERANCE = 1e-4  # relative difference of float32 from float64
# Output of the exported decoder, by likelihood.
OUTPUTS = {"bernoulli": "mean", "gaussian": "mean", "continuous_bernoulli": "logits"}


def hidden_layers(
    x: keras.KerasTensor, name: str, weights: dict[str, np.ndarray], activation: str
) -> keras.KerasTensor:
    """Apply the hidden layers of the encoder or the decoder."""
    depth = sum(key.startswith(f"{name}.hidden") for key in weights) // 2
    for i in range(depth):
        x = dense(x, f"{name}.hidden_{i + 1}", weights)
        x = gelu(x) if activation == "gelu" else keras.activations.get(activation)(x)
    return x


def gelu(x: keras.KerasTensor) -> keras.KerasTensor:
    """Apply GELU with `erf`: Keras uses `erfc`, which ONNX lacks."""
    return 0.5 * x * (1 + keras.ops.erf(x * math.sqrt(0.5)))


def dense(
    x: keras.KerasTensor,
    name: str,
    weights: dict[str, np.ndarray],
    activation: str | None = None,
    units: slice = slice(None),
) -> keras.KerasTensor:
    """Apply a layer of the trained model, or a slice of its units."""
    kernel = weights[f"{name}.kernel"][:, units]
    bias = weights[f"{name}.bias"][units]
    layer = keras.layers.Dense(len(bias), activation)
    output = layer(x)
    layer.set_weights([kernel, bias])
    return output


def build(
    description: Description, weights: dict[str, np.ndarray]
) -> dict[str, keras.Model]:
    """Build the encoder and the decoder from Keras's own layers."""
    model = description.model
    activation, latent_dim = model["activation"], model["latent_dim"]
    x = keras.Input([description.num_pixels], name="image")
    h = hidden_layers(x, "encoder", weights, activation)
    layer = "encoder.posterior"
    loc = dense(h, layer, weights, None, slice(latent_dim))
    scale = dense(h, layer, weights, "softplus", slice(latent_dim, None))
    z = keras.Input([latent_dim], name="z")
    h = hidden_layers(z, "decoder", weights, activation)
    last = "sigmoid" if model["likelihood"] == "bernoulli" else None
    output = dense(h, "decoder.likelihood", weights, last)
    name = OUTPUTS[model["likelihood"]]
    return {
        "encoder": keras.Model(x, {"loc": loc, "scale": scale}, name="encoder"),
        "decoder": keras.Model(z, {name: output}, name="decoder"),
    }


def write(network: keras.Model, path: Path) -> None:
    """Write a network in the format of the suffix."""
    if path.suffix == ".keras":
        network.save(path)
    else:
        network(keras.ops.zeros([1, network.inputs[0].shape[1]]))  # or Keras refuses
        network.export(path, format="onnx", verbose=False)


def read_and_run(path: Path, x: np.ndarray) -> dict[str, np.ndarray]:
    """Read a network from its file and apply it to `x`; return outputs by name."""
    if path.suffix == ".keras":
        outputs: Any = keras.models.load_model(path)(x)
        return {name: np.asarray(output) for name, output in outputs.items()}
    import onnxruntime  # pyright: ignore[reportMissingImports]  of an extra

    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    (given,) = session.get_inputs()
    return dict(zip(names, session.run(names, {given.name: x}), strict=True))


def check(folder: Path, suffix: str, description: Description) -> float:
    """Return the largest relative difference from the NumPy model; fail if large."""
    model = numpy_model.load_model()
    rng = np.random.default_rng(0)
    x = rng.random((5, description.num_pixels)).astype(np.float32)
    z = rng.standard_normal((5, model.latent_dim)).astype(np.float32)
    loc, scale = numpy_model.posterior(model, x)
    output = numpy_model.network(model, "decoder", z, "likelihood")
    if OUTPUTS[description.model["likelihood"]] == "mean":
        output = model.likelihood.mean(output)
    encoded = read_and_run(folder / f"encoder.{suffix}", x)
    (decoded,) = read_and_run(folder / f"decoder.{suffix}", z).values()
    received = np.concatenate([*encoded.values(), decoded], axis=1)
    expected = np.concatenate([loc, scale, output], axis=1)
    difference = np.abs(received - expected) / (1 + np.abs(expected))
    if not difference.max() < TOLERANCE:
        raise AssertionError(f"{suffix} differs from NumPy by {difference.max():g}")
    return float(difference.max())


def main() -> None:
    parser = Parser(description="Export the trained model.")
    add = parser.add_argument
    add("--format", choices=["keras", "onnx"], default="keras")
    add("--output", type=Path, default=Path("exported"), help="a new folder")
    options = parser.parse_args()
    if options.output.exists():
        raise PipelineError(f"{options.output}: exists; name a new folder")
    missing = [n for n in ONNX_PACKAGES if importlib.util.find_spec(n) is None]
    if options.format == "onnx" and missing:
        raise PipelineError(f"no package {', '.join(missing)}; pip install '.[onnx]'")
    description, weights = read_description(), read_weights()
    if (likelihood := description.model["likelihood"]) not in OUTPUTS:
        raise PipelineError(
            f"tools/export.py does not support the likelihood {likelihood}"
        )
    damage = (AttributeError, KeyError, TypeError, ValueError)
    with readable(METRICS, *damage, made_by="evaluate"):
        section = json.loads(METRICS.read_text())["test"]
        metrics = {n: float(section[n]) for n in SHOWN if n in section}
        metrics["elbo"]  # or the card would be empty
    with readable(ERRORS, *damage, made_by="evaluate"):
        errors = pd.read_csv(ERRORS, index_col="metric")["test"].astype(float)
        errors["elbo"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "exported")
        folder.mkdir()
        for name, network in build(description, weights).items():
            write(network, folder / f"{name}.{options.format}")
        difference = check(folder, options.format, description)
        card = model_card(
            description,
            metrics,
            errors,
            file_format=options.format,
            output=OUTPUTS[likelihood],
        )
        (folder / "README.md").write_text(card, encoding="utf-8")
        shutil.copytree(folder, options.output)
    print(
        f"{printable(str(options.output))}/: within {difference:.0e} of the NumPy model"
    )


if __name__ == "__main__":
    run(main)
