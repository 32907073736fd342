"""Means and standard errors of the values per image, and a report of the means."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from vae.pipeline.errors import PipelineError

DECIMALS = 4  # standard errors are a hundred times larger than the rounding
FORMAT = {"float_format": f"%.{DECIMALS}f", "lineterminator": "\n"}  # of CSV files
GRID_TOLERANCE = 0.001  # largest accepted `log_evidence_grid_change`, in nats
BOUND_TOLERANCE = 0.1  # by which a bound may exceed `log_evidence`, in nats

# Remedies for values that are not finite, by section of the metrics.
REMEDIES = {
    "enclosure": "set evaluate.annealed_images to 0",
    "gaps": "set evaluate.optimised_images to 0",
}


class Tables(NamedTuple):
    """Means and standard errors, rounded."""

    metrics: dict[str, dict[str, float]]  # means and scalars, by section and name
    errors: pd.DataFrame  # a row per metric, a column per section
    classes: pd.DataFrame  # means and errors, a row per split and class


def tables(
    columns: dict[str, dict[str, np.ndarray]],
    scalars: dict[str, dict[str, float]],
    labels: dict[str, np.ndarray],
    class_names: list[str],
) -> Tables:
    """Average the values per image; columns and scalars are by section and name.

    `labels` has the classes [images] of those sections that are splits. Without
    `class_names`, the table of classes has no rows.

    Raises:
        PipelineError: a value is not finite.
    """
    metrics, errors, classes = {}, {}, []
    for section, values in columns.items():
        images = pd.DataFrame(values).astype(float)
        check_finite(images, section)
        metrics[section] = _rounded(images.mean()) | scalars.get(section, {})
        errors[section] = _rounded(images.sem())
        if section in labels and class_names:
            rows = by_class(images, labels[section], class_names)
            classes.append(rows.assign(split=section))
    table = pd.DataFrame(errors).rename_axis("metric")
    by_split = pd.concat(classes) if classes else pd.DataFrame({"split": []})
    return Tables(metrics, table, by_split.set_index("split"))


def check_finite(images: pd.DataFrame, section: str) -> None:
    """Raise PipelineError if a value is not finite; name its column and section."""
    for name, column in images.items():
        wrong = ~np.isfinite(column)
        if wrong.any():
            remedy = REMEDIES.get(section, "lower train.learning_rate")
            raise PipelineError(
                f"evaluation: {section}.{name} is not finite for {wrong.sum()} of "
                f"{len(images)} images; nothing was written; {remedy}"
            )


def by_class(
    images: pd.DataFrame, label: np.ndarray, class_names: list[str]
) -> pd.DataFrame:
    """Return means and standard errors of the images of each class, a row per class.

    `marginal_kl` is left out, because its mean over a class is not a divergence.
    """
    images = images.drop(columns="marginal_kl", errors="ignore")
    rows = []
    for number, members in images.groupby(label):
        errors = _rounded(members.sem())
        row = {"class": number, "name": class_names[number], "images": len(members)}
        for name, mean in _rounded(members.mean()).items():
            row |= {name: mean, f"{name}_se": errors[name]}
        rows.append(row)
    return pd.DataFrame(rows)


def report(metrics: dict[str, dict[str, float]], latent_dim: int) -> list[str]:
    """Return lines with the bounds, and with warnings about doubtful values."""
    names = {"elbo": "ELBO", "iwae_bound": "bound", "log_evidence": "log p(x)"}
    lines = []
    for split in ("train", "test"):
        section = metrics[split]
        known = [f"{names[n]} {section[n]:.2f}" for n in names if n in section]
        lines.append(f"{split}: {', '.join(known)} nats per image")
    if enclosure := metrics.get("enclosure"):
        lines.append(
            f"annealing: log p(x) of test images is at least "
            f"{metrics['test']['annealed_bound']:.2f}; the bounds for images of the "
            f"model differ by {enclosure['gap']:.2f} nats"
        )
    lines += report_disentanglement(metrics.get("disentanglement", {}))
    active = metrics["test"]["active_units"]
    if active < latent_dim:
        meaning = "the other dimensions carry no information"
        if active == 0:
            meaning = "posterior collapse: z carries no information; lower train.beta"
        lines.append(f"active units: {active} of {latent_dim}; {meaning}")
    change = metrics["test"].get("log_evidence_grid_change", 0)
    if change > GRID_TOLERANCE:
        lines.append(
            f"log_evidence: a coarser or narrower grid changes it by {change:.4f}"
        )
    evidence = metrics["test"].get("log_evidence", np.inf)
    if not may_exceed(evidence, metrics["test"]["iwae_bound"]):
        lines.append(
            "log_evidence: below the importance-weighted bound, so it is wrong; the "
            "grid covers the prior, but the posteriors of some images lie outside it"
        )
    return lines


def may_exceed(log_evidence: float, bound: float) -> bool:
    """Return whether log p(x) is at least a lower bound on it, within the tolerance.

    Otherwise its grid does not cover the posteriors.
    """
    return log_evidence >= bound - BOUND_TOLERANCE


def report_disentanglement(section: dict[str, float]) -> list[str]:
    """Return a line with the metrics of disentanglement, if there are any."""
    names = {"mutual_information_gap": "MIG", "factor_vae_score": "FactorVAE score"}
    values = [f"{names.get(name, name)} {x:.2f}" for name, x in section.items()]
    return [", ".join(values).replace("dci_", "")] if values else []


def _rounded(values: pd.Series) -> dict[str, float]:
    return {str(name): round(float(value), DECIMALS) for name, value in values.items()}
