"""A model card for model hubs: a YAML head with metrics, then a page of text."""

import io
import json
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from vae.pipeline.trained import Description

# Reported metrics, with their names in the card.
METRICS = {
    "elbo": "ELBO, nats per image",
    "rate": "rate, nats per image",
    "distortion": "distortion, nats per image",
    "iwae_bound": "importance-weighted bound, nats per image",
    "annealed_bound": "bound by annealing, nats per image",
    "log_evidence": "log p(x), nats per image",
}
# Output of the exported decoder, by likelihood.
OUTPUTS = {"bernoulli": "mean", "gaussian": "mean", "continuous_bernoulli": "logits"}
TEXT = """# Dense variational autoencoder trained on {dataset}

A variational autoencoder (Kingma and Welling 2013) with dense layers. The encoder maps
an image to the Gaussian q(z|x), and the decoder maps a latent z to p(x|z).

| | |
|---|---|
{facts}

## Files

- `encoder.{format}`: maps images [batch, {num_pixels}] with pixels in [0, 1], row by
  row, to `loc` and `scale` (standard deviation) of q(z|x), each [batch, {latent_dim}].
- `decoder.{format}`: maps z [batch, {latent_dim}] to `{output}` [batch, {num_pixels}].

Pixels in training: `binarization: {binarization}`.

## Metrics

Means over the test images, with standard errors:

| metric | value | standard error |
|---|---|---|
{metrics}
"""


def model_card(
    description: Description,
    metrics: dict[str, float],
    errors: "pd.Series[float]",
    file_format: str,
) -> str:
    """Write the card of an exported model.

    Args:
        description: description of the trained model.
        metrics: section `test` of `results/metrics.json`.
        errors: standard errors of the metrics, by name.
        file_format: suffix of the files.
    """
    shown = {key: name for key, name in METRICS.items() if key in metrics}
    rows = [
        f"| {name} | {metrics[key]:.4f} | {_error(errors, key)} |"
        for key, name in shown.items()
    ]
    model = description.model
    text = TEXT.format(
        dataset=description.dataset,
        facts="\n".join(f"| {k} | {json.dumps(v)} |" for k, v in model.items()),
        format=file_format,
        num_pixels=description.num_pixels,
        latent_dim=model["latent_dim"],
        output=OUTPUTS[model["likelihood"]],
        binarization=description.binarization,
        metrics="\n".join(rows),
    )
    head = _head(
        description, {shown[key]: (key, metrics[key]) for key in shown}, errors
    )
    return f"---\n{head}---\n\n{text}"


def _error(errors: "pd.Series[float]", key: str) -> str:
    value = errors.get(key)
    return "" if value is None or pd.isna(value) else f"{value:.4f}"


def _head(
    description: Description,
    values: dict[str, tuple[str, float]],
    errors: "pd.Series[float]",
) -> str:
    """Return the YAML head. Hubs show the entries of `model-index`."""
    result = {
        "task": {"type": "unconditional-image-generation"},
        "dataset": {"name": description.dataset, "type": "image", "split": "test"},
        "metrics": [
            {"type": key, "name": name, "value": value}
            | ({"standard_error": float(e)} if (e := _error(errors, key)) else {})
            for name, (key, value) in values.items()
        ],
    }
    name = f"dense-vae-{description.dataset.lower()}"
    head: dict[str, Any] = {
        "license": "mit",
        "tags": ["variational-autoencoder", "density-estimation"],
        "model-index": [{"name": name, "results": [result]}],
    }
    content = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(head, content)
    return content.getvalue()
