"""Which images and factors the metrics of disentanglement are computed from."""

from unittest.mock import Mock

import numpy as np
import pytest

from models import evaluate_settings
from vae.evaluation import factors
from vae.evaluation.elbo import Encoding
from vae.evaluation.factors import measure_factors

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


def test_all_splits_count_and_a_factor_with_one_value_is_left_out(data, monkeypatch):
    dci = Mock(return_value={"dci_informativeness": 1.0})
    monkeypatch.setattr(factors, "dci", dci)
    metrics, arrays = measure_factors(None, data, evaluate_settings(max_images=25))
    assert metrics["dci_informativeness"] == 1
    assert list(arrays["factor_names"]) == ["a", "b"]
    every = np.concatenate([data[f"{split}_factors"][:25] for split in SIZES])
    share = np.bincount(every[:, 0]) / len(every)
    entropy = -(share * np.log(share)).sum()
    np.testing.assert_allclose(arrays["factor_information"][0, 0], entropy, atol=0.02)
    for (loc, values), split in zip(dci.call_args.args, ("train", "test"), strict=True):
        expected = data[f"{split}_factors"][:25, :2]
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(loc[:, :2], expected)
    # The mean of the images with a value of `b`, which has three values.
    mean, deviation = arrays["factor_mean"][1], arrays["factor_deviation"][1]
    np.testing.assert_allclose(mean[:3, 1], range(3))
    np.testing.assert_allclose(deviation[:3, 1], 0)
    expected = [every[every[:, 1] == value, 0].mean() for value in range(3)]
    np.testing.assert_allclose(mean[:3, 0], expected, rtol=1e-5)
    assert np.isnan(mean[3]).all()


def test_without_factors_nothing_is_measured(data):
    constant = {name: x * 0 for name, x in data.items() if name.endswith("factors")}
    names = data.pop("factor_names")
    for arrays in (data, data | constant | {"factor_names": names}):
        assert measure_factors(None, arrays, evaluate_settings()) == ({}, {})
