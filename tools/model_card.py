"""A model card for model hubs: a YAML head with metrics, then a page of text."""

import json
from typing import Any

import yaml

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
    errors: dict[str, float],
    file_format: str,
) -> str:
    """Write a card with test metrics and the standard errors of those that have one."""
    values: list[dict[str, Any]] = [
        {"type": key, "name": name, "value": metrics[key]}
        | ({"standard_error": errors[key]} if key in errors else {})
        for key, name in METRICS.items()
        if key in metrics
    ]
    numbers = [(v["name"], v["value"], v.get("standard_error")) for v in values]
    rows = [
        f"| {name} | {value:.4f} | {'' if error is None else f'{error:.4f}'} |"
        for name, value, error in numbers
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
    head = yaml.safe_dump(head_of(description.dataset, values), sort_keys=False)
    return f"---\n{head}---\n\n{text}"


def head_of(dataset: str, metrics: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the head of the card. Hubs show the entries of `model-index`."""
    result = {
        "task": {"type": "unconditional-image-generation"},
        "dataset": {"name": dataset, "type": "image", "split": "test"},
        "metrics": metrics,
    }
    return {
        "license": "mit",
        "tags": ["variational-autoencoder", "density-estimation"],
        "model-index": [{"name": f"dense-vae-{dataset.lower()}", "results": [result]}],
    }
