import numpy as np
import pytest
import tensorflow as tf

from vae.model import Terms
from vae.objectives import (
    Capacity,
    ImportanceWeighted,
    WeightedElbo,
    make_objective,
)
from vae.params import Train

RATE = np.float32([1.0, 4.0, 9.0])
DISTORTION = np.float32([[10.0, 20.0, 30.0], [12.0, 22.0, 32.0]])
LOG_WEIGHTS = np.log(np.float32([[1.0, 2.0, 3.0], [3.0, 2.0, 5.0]]))
TERMS = Terms(*map(tf.constant, (RATE, DISTORTION, LOG_WEIGHTS)))
MEAN_DISTORTION = np.float32([11.0, 21.0, 31.0])


def at(progress):
    return tf.constant(progress, tf.float32)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_elbo_weighs_the_rate(beta):
    loss = WeightedElbo(beta, warmup_epochs=0).loss(TERMS, at(0))
    np.testing.assert_allclose(loss, MEAN_DISTORTION + beta * RATE)


def test_warmup_rises_to_beta_and_stays():
    objective = WeightedElbo(beta=4.0, warmup_epochs=10)
    weights = [float(objective.schedule(at(p))["beta"]) for p in (0, 5, 10, 20)]
    np.testing.assert_allclose(weights, [0, 2, 4, 4])
    loss = objective.loss(TERMS, at(5))
    np.testing.assert_allclose(loss, MEAN_DISTORTION + 2 * RATE)


def test_capacity_takes_the_absolute_value_for_each_image():
    objective = Capacity(gamma=10.0, capacity=8.0, capacity_epochs=4)
    loss = objective.loss(TERMS, at(2))  # C = 4
    np.testing.assert_allclose(loss, MEAN_DISTORTION + 10 * np.float32([3, 0, 5]))
    # That of the batch's mean would be 10 * |14 / 3 - 4|, less than a third.
    assert np.mean(loss - MEAN_DISTORTION) > 3 * 10 * abs(np.mean(RATE) - 4)


def test_capacity_rises_linearly_and_stays():
    objective = Capacity(gamma=1.0, capacity=8.0, capacity_epochs=4)
    targets = [float(objective.schedule(at(p))["capacity"]) for p in (0, 1, 4, 9)]
    np.testing.assert_allclose(targets, [0, 2, 8, 8])


def test_importance_weighted_is_the_log_of_the_mean_weight():
    loss = ImportanceWeighted().loss(TERMS, at(0))
    np.testing.assert_allclose(loss, -np.log([2.0, 2.0, 4.0]), rtol=1e-6)
    assert ImportanceWeighted().schedule(at(0)) == {}


def test_every_allowed_name_is_an_objective():
    settings = dict(
        beta=2.0, beta_warmup_epochs=3, gamma=4.0, capacity=5.0, capacity_epochs=6
    )
    names = Train.model_fields["objective"].annotation.__args__
    assert [make_objective(name, **settings) for name in names] == [
        WeightedElbo(2.0, 3),
        Capacity(4.0, 5.0, 6),
        ImportanceWeighted(),
    ]
