"""Encoder and decoder as Keras models, in Keras or ONNX files."""

import math
from pathlib import Path
from typing import Any

import numpy as np

import numpy_model
from vae.numerics.determinism import keras
from vae.pipeline.trained import Description

Weights = dict[str, np.ndarray]
LOGITS = "continuous_bernoulli"  # likelihood whose decoder has no other output
TOLERANCE = 1e-4  # relative difference of float32 from float64


def hidden_layers(
    x: keras.KerasTensor, name: str, weights: Weights, activation: str
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
    weights: Weights,
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


def build(description: Description, weights: Weights) -> dict[str, keras.Model]:
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
    name = "logits" if model["likelihood"] == LOGITS else "mean"
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


def check(
    folder: Path, suffix: str, model: numpy_model.Model, description: Description
) -> float:
    """Return the largest relative difference from the NumPy model; fail if large."""
    rng = np.random.default_rng(0)
    x = rng.random((5, description.num_pixels)).astype(np.float32)
    z = rng.standard_normal((5, model.latent_dim)).astype(np.float32)
    loc, scale = numpy_model.posterior(model, x)
    output = numpy_model.network(model, "decoder", z, "likelihood")
    if description.model["likelihood"] != LOGITS:
        output = model.likelihood.mean(output)
    encoded = read_and_run(folder / f"encoder.{suffix}", x)
    (decoded,) = read_and_run(folder / f"decoder.{suffix}", z).values()
    received = np.concatenate([*encoded.values(), decoded], axis=1)
    expected = np.concatenate([loc, scale, output], axis=1)
    difference = np.abs(received - expected) / (1 + np.abs(expected))
    if not difference.max() < TOLERANCE:
        raise AssertionError(f"{suffix} differs from NumPy by {difference.max():g}")
    return float(difference.max())
