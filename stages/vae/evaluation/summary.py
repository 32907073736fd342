"""Per-image values, averaged once, with standard errors."""

import numpy as np
import pandas as pd

from vae.errors import PipelineError

DECIMALS = 4  # standard errors are a hundred times larger
FORMAT = {"float_format": f"%.{DECIMALS}f", "lineterminator": "\n"}  # of tables


def check_finite(images: pd.DataFrame, split: str) -> None:
    """Raises PipelineError, which names the first column with a NaN or an infinity."""
    for name, column in images.astype(float).items():
        wrong = ~np.isfinite(column)
        if wrong.any():
            raise PipelineError(
                f"evaluation: the {name} of {wrong.sum()} {split} images is not "
                "finite; nothing was written; lower train.learning_rate"
            )


def means(images: pd.DataFrame) -> dict[str, float]:
    """Means over the images by column."""
    return _rounded(images.astype(float).mean())


def standard_errors(images: pd.DataFrame) -> dict[str, float]:
    """Standard errors of these means."""
    return _rounded(images.astype(float).sem())


def by_class(
    images: pd.DataFrame, label: np.ndarray, class_names: np.ndarray
) -> pd.DataFrame:
    """Both for the images of each class, a row a class.

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


def _rounded(values: pd.Series) -> dict[str, float]:
    return {name: round(float(value), DECIMALS) for name, value in values.items()}
