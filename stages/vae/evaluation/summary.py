"""Values per image, averaged once, with standard errors; tables and a few lines."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from vae.pipeline.errors import PipelineError

DECIMALS = 4  # standard errors are a hundred times larger
FORMAT = {"float_format": f"%.{DECIMALS}f", "lineterminator": "\n"}  # of tables
GRID_TOLERANCE = 0.001  # nats by which another grid may change the mean of log p(x)

# How to mend values that are not finite, by section of the metrics.
REMEDIES = {
    "enclosure": "set evaluate.annealed_images to 0",
    "gaps": "set evaluate.optimised_images to 0",
}


class Tables(NamedTuple):
    """Means and standard errors, rounded.

    Attributes:
        metrics: means by section and name, and the scalars.
        errors: their standard errors, a row per metric, a column per section.
        classes: both for the images of each class, a row per split and class.
    """

    metrics: dict[str, dict[str, float]]
    errors: pd.DataFrame
    classes: pd.DataFrame


def tables(
    columns: dict[str, dict[str, np.ndarray]],
    scalars: dict[str, dict[str, float]],
    labels: dict[str, np.ndarray],
    class_names: list[str],
) -> Tables:
    """Average all columns.

    Args:
        columns: values per image by section and name, [images].
        scalars: one value by section and name.
        labels: classes [images] of those sections that are splits.
        class_names: names of the classes.

    Raises:
        PipelineError: a value is not finite.
    """
    metrics, errors, classes = {}, {}, []
    for section, values in columns.items():
        images = pd.DataFrame(values)
        check_finite(images, section)
        metrics[section] = means(images) | scalars.get(section, {})
        errors[section] = standard_errors(images)
        if section in labels:
            rows = by_class(images, labels[section], class_names)
            classes.append(rows.assign(split=section))
    table = pd.DataFrame(errors).rename_axis("metric")
    return Tables(metrics, table, pd.concat(classes).set_index("split"))


def check_finite(images: pd.DataFrame, section: str) -> None:
    """Raise PipelineError if a value is not finite; name its column and section."""
    for name, column in images.astype(float).items():
        wrong = ~np.isfinite(column)
        if wrong.any():
            remedy = REMEDIES.get(section, "lower train.learning_rate")
            raise PipelineError(
                f"evaluation: {section}.{name} is not finite for {wrong.sum()} of "
                f"{len(images)} images; nothing was written; {remedy}"
            )


def means(images: pd.DataFrame) -> dict[str, float]:
    """Return means over the images by column."""
    return _rounded(images.astype(float).mean())


def standard_errors(images: pd.DataFrame) -> dict[str, float]:
    """Return standard errors of these means."""
    return _rounded(images.astype(float).sem())


def by_class(
    images: pd.DataFrame, label: np.ndarray, class_names: list[str]
) -> pd.DataFrame:
    """Return both for the images of each class, a row per class.

    Without `marginal_kl`: a mean of its terms over some images is no divergence.
    """
    images = images.drop(columns="marginal_kl", errors="ignore")
    rows = []
    for number, members in images.groupby(label):
        errors = standard_errors(members)
        row = {"class": number, "name": class_names[number], "images": len(members)}
        for name, mean in means(members).items():
            row |= {name: mean, f"{name}_se": errors[name]}
        rows.append(row)
    return pd.DataFrame(rows)


def report(metrics: dict[str, dict[str, float]]) -> list[str]:
    """Say the bounds in a few lines, and where a number needs care."""
    names = {"elbo": "ELBO", "iwae_bound": "bound", "log_evidence": "log p(x)"}
    lines = []
    for split in ("train", "test"):
        section = metrics[split]
        known = [f"{names[n]} {section[n]:.2f}" for n in names if n in section]
        lines.append(f"{split}: {', '.join(known)} nats per image")
    if enclosure := metrics.get("enclosure"):
        lines.append(
            f"by annealing: log p(x) of test images at least "
            f"{metrics['test']['annealed_bound']:.2f}, on images of the model within "
            f"{enclosure['gap']:.2f} nats"
        )
    change = metrics["test"].get("log_evidence_grid_change", 0)
    if change > GRID_TOLERANCE:
        lines.append(
            f"log_evidence: a coarser or narrower grid changes it by {change:.4f}"
        )
    return lines


def _rounded(values: pd.Series) -> dict[str, float]:
    return {str(name): round(float(value), DECIMALS) for name, value in values.items()}
