"""Per-image values, averaged once, with standard errors."""

import numpy as np
import pandas as pd

from vae.errors import PipelineError

DECIMALS = 4  # standard errors are a hundred times larger


def check_finite(images: pd.DataFrame, split: str) -> None:
    """Raises PipelineError, which names the first column with a NaN or an infinity."""
    for name, column in images.astype(float).items():
        wrong = ~np.isfinite(column)
        if wrong.any():
            raise PipelineError(
                f"evaluation: the {name} of {wrong.sum()} {split} images is not "
                "finite; nothing was written; lower train.learning_rate"
            )


def mean_and_error(images: pd.DataFrame) -> dict[str, float]:
    """Means over the rows, and their standard errors under the name `..._se`."""
    result = {}
    for name, column in images.astype(float).items():
        result[name] = round(float(column.mean()), DECIMALS)
        result[f"{name}_se"] = round(float(column.sem()), DECIMALS)
    return result


def by_digit(images: pd.DataFrame, label: np.ndarray) -> pd.DataFrame:
    """The same for the images of each digit, a row a digit.

    Without `marginal_kl`: a mean of its terms over some images is no divergence.
    """
    images = images.drop(columns="marginal_kl", errors="ignore")
    rows = [
        {"digit": digit, "images": len(members)} | mean_and_error(members)
        for digit, members in images.groupby(label)
    ]
    return pd.DataFrame(rows)
