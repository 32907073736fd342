"""Which images and factors the metrics of disentanglement are computed from."""

from unittest.mock import Mock

import numpy as np
import pytest

from models import evaluate_settings
from vae.evaluation import factors
from vae.evaluation.elbo import Encoding
from vae.evaluation.factors import means_by_factor, measure_factors

RNG = np.random.default_rng(0)
SIZES = {"train": 60, "validation": 20, "test": 30}


@pytest.fixture
def data(monkeypatch):
    """Return images whose first pixels are their factors, and encode them as these."""

    def encode(vae, images):
        loc = images[:, :3].astype("f4")
        return Encoding(loc, np.full_like(loc, 0.01), None)

    monkeypatch.setattr(factors, "encode", encode)
    arrays = {"factor_names": np.array(["a", "b", "c"])}
    for split, size in SIZES.items():
        values = RNG.integers([4, 3, 1], size=(size, 3))
        arrays[f"{split}_factors"] = values.astype("i2")
        arrays[f"{split}_images"] = np.zeros([size, 2, 3], "u1")
        arrays[f"{split}_images"][:, 0] = values
    return arrays


def test_all_splits_count_and_a_factor_with_one_value_is_left_out(data):
    metrics, arrays = measure_factors(None, data, evaluate_settings())
    assert list(arrays["factor_names"]) == ["a", "b"]
    assert metrics["dci_informativeness"] == 1
    every = np.concatenate([data[f"{split}_factors"] for split in SIZES])
    share = np.bincount(every[:, 0]) / len(every)
    entropy = -(share * np.log(share)).sum()
    np.testing.assert_allclose(arrays["factor_information"][0, 0], entropy, atol=0.02)


def test_forests_are_fitted_to_training_images_and_judged_on_test_images(
    data, monkeypatch
):
    dci = Mock(return_value={})
    monkeypatch.setattr(factors, "dci", dci)
    measure_factors(None, data, evaluate_settings(max_images=25))
    for (loc, values), split in zip(dci.call_args.args, ("train", "test"), strict=True):
        expected = data[f"{split}_factors"][:25, :2]
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(loc[:, :2], expected)


def test_without_factors_nothing_is_measured(data):
    constant = {name: x * 0 for name, x in data.items() if name.endswith("factors")}
    names = data.pop("factor_names")
    for arrays in (data, data | constant | {"factor_names": names}):
        assert measure_factors(None, arrays, evaluate_settings()) == ({}, {})


def test_means_are_over_the_images_with_a_value():
    loc, column = RNG.normal(size=(9, 2)).astype("f4"), np.arange(9) % 3
    values = np.stack([column, 0 * column], axis=1)
    arrays = means_by_factor(loc, values)
    assert np.isnan(arrays["factor_mean"][1, 1:]).all()
    for value in range(3):
        part = loc[value::3]
        mean, deviation = (
            arrays[f"factor_{x}"][0, value] for x in ("mean", "deviation")
        )
        np.testing.assert_allclose(mean, part.mean(0), rtol=1e-5)
        np.testing.assert_allclose(deviation, part.std(0), rtol=1e-5)
