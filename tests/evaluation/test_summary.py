"""Means, standard errors and tables of per-image values."""

import numpy as np
import pandas as pd
import pytest

from vae.evaluation.summary import (
    FORMAT,
    by_class,
    check_finite,
    means,
    standard_errors,
)
from vae.pipeline.errors import PipelineError

VALUES = np.array([1.0, 2.0, 4.0, 9.0])
IMAGES = pd.DataFrame({"rate": VALUES, "hit": VALUES > 3, "marginal_kl": VALUES})


def test_standard_errors_are_those_of_the_mean():
    assert means(IMAGES[["rate", "hit"]]) == {"rate": 4.0, "hit": 0.5}
    assert standard_errors(IMAGES[["rate", "hit"]]) == {
        "rate": round(VALUES.std(ddof=1) / 2, 4),
        "hit": round(np.sqrt(1 / 3) / 2, 4),
    }


def test_each_class_has_a_row():
    rows = by_class(IMAGES, np.array([2, 1, 2, 1]), np.array(["bag", "coat", "dress"]))
    assert list(rows) == ["class", "name", "images", "rate", "rate_se", "hit", "hit_se"]
    assert list(rows["class"]) == [1, 2] and list(rows["images"]) == [2, 2]
    assert list(rows["name"]) == ["coat", "dress"]
    assert list(rows["rate"]) == [5.5, 2.5]
    assert list(rows["rate_se"]) == [3.5, 1.5]
    assert list(rows["hit"]) == [0.5, 0.5]


def test_tables_have_four_decimals():
    table = pd.DataFrame({"rate": [1 / 3]}).to_csv(index=False, **FORMAT)
    assert table == "rate\n0.3333\n"


def test_what_is_not_finite_is_named():
    check_finite(IMAGES, "test")
    table = pd.DataFrame({"elbo": [1.0, 2.0], "rate": [np.nan, np.inf]})
    with pytest.raises(PipelineError, match="the rate of 2 test images is not finite"):
        check_finite(table, "test")
