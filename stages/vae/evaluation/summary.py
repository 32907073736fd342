"""Means and standard errors of the values per image, and a report of the means."""

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
    "gaps": "set evaluate.optimized_images to 0",
}


def tables(
    columns: dict[str, dict[str, np.ndarray]],
    scalars: dict[str, dict[str, float]],
    labels: dict[str, np.ndarray],
    class_names: list[str],
) -> tuple[dict[str, dict[str, float]], pd.DataFrame, pd.DataFrame]:
    """Average the values per image; columns and scalars are by section and name.

    `labels` has the classes [images] of those sections that are splits.

    Returns:
        means, rounded, and scalars, by section and name; standard errors, with a row
        per metric and a column per section; and both by split and class, if the
        classes have names.

    Raises:
        PipelineError: a value is not finite.
    """
    metrics, errors, classes = {}, {}, {}
    for section, values in columns.items():
        images = pd.DataFrame(values).astype(float)
        check_finite(images, section)
        means = {name: round(x, DECIMALS) for name, x in images.mean().items()}
        metrics[section] = means | scalars.get(section, {})
        errors[section] = images.sem()
        if class_names and section in labels:
            classes[section] = by_class(images, labels[section], class_names)
    table = pd.concat(errors, axis=1).rename_axis("metric")
    none = pd.DataFrame(index=pd.Index([], name="split"))
    by_split = pd.concat(classes, names=["split"]) if classes else none
    return metrics, table, by_split


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
    groups = images.drop(columns="marginal_kl", errors="ignore").groupby(label)
    rows = groups.agg(["mean", "sem"]).rename_axis("class")
    rows.columns = [name + "_se" * (value == "sem") for name, value in rows]
    rows.insert(0, "name", [class_names[number] for number in rows.index])
    rows.insert(1, "images", groups.size())
    return rows


def report(metrics: dict[str, dict[str, float]], latent_dim: int) -> list[str]:
    """Return lines with the bounds, and with warnings about doubtful values."""
    names = {"elbo": "ELBO", "iwae_bound": "bound", "log_evidence": "log p(x)"}
    test, lines = metrics["test"], []
    for split in ("train", "test"):
        section = metrics[split]
        known = [f"{names[n]} {section[n]:.2f}" for n in names if n in section]
        lines.append(f"{split}: {', '.join(known)} nats per image")
    if enclosure := metrics.get("enclosure"):
        lines.append(
            f"annealing: log p(x) of test images is at least "
            f"{test['annealed_bound']:.2f}; the bounds for images of the model differ "
            f"by {enclosure['gap']:.2f} nats"
        )
    if section := metrics.get("disentanglement"):
        names = {"mutual_information_gap": "MIG", "factor_vae_score": "FactorVAE score"}
        values = [f"{names.get(name, name)} {x:.2f}" for name, x in section.items()]
        lines.append(", ".join(values).replace("dci_", ""))
    if (active := test["active_units"]) < latent_dim:
        meaning = (
            "the other dimensions carry no information"
            if active
            else "posterior collapse: z carries no information; lower train.beta"
        )
        lines.append(f"active units: {active} of {latent_dim}; {meaning}")
    if (change := test.get("log_evidence_grid_change", 0)) > GRID_TOLERANCE:
        lines.append(
            f"log_evidence: a coarser or narrower grid changes it by {change:.4f}"
        )
    if not may_exceed(test.get("log_evidence", np.inf), test["iwae_bound"]):
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
