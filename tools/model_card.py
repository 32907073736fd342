"""A model card for model hubs: a YAML head with metrics, then a page of text."""

import json

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
    shown = [key for key in METRICS if key in metrics]
    texts = {key: f"{error:.4f}" for key, error in errors.items()}
    rows = [
        f"| {METRICS[key]} | {metrics[key]:.4f} | {texts.get(key, '')} |"
        for key in shown
    ]
    values = [
        {"type": key, "name": METRICS[key], "value": metrics[key]}
        | ({"standard_error": errors[key]} if key in errors else {})
        for key in shown
    ]
    dataset, model = description.dataset, description.model
    result = {
        "task": {"type": "unconditional-image-generation"},
        "dataset": {"name": dataset, "type": "image", "split": "test"},
        "metrics": values,
    }
    head = {  # hubs show the entries of `model-index`
        "license": "mit",
        "tags": ["variational-autoencoder", "density-estimation"],
        "model-index": [{"name": f"dense-vae-{dataset.lower()}", "results": [result]}],
    }
    text = TEXT.format(
        dataset=dataset,
        facts="\n".join(f"| {k} | {json.dumps(v)} |" for k, v in model.items()),
        format=file_format,
        num_pixels=description.num_pixels,
        latent_dim=model["latent_dim"],
        output=OUTPUTS[model["likelihood"]],
        binarization=description.binarization,
        metrics="\n".join(rows),
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n\n{text}"
