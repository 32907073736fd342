"""What latents say: mutual information, active dimensions, classifiers."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from uncompiled import uncompiled
from vae.evaluation import latents
from vae.evaluation.latents import active_units, mutual_information, probe_hits
from vae.numerics.noise import draw_standard_normal
from vae.numerics.streams import Purpose

RNG = np.random.default_rng(0)
LOC = RNG.normal(size=(9, 2)).astype(np.float32)
SCALE = RNG.uniform(0.1, 1, size=(9, 2)).astype(np.float32)


@pytest.fixture
def eager(monkeypatch):
    monkeypatch.setattr(tf, "function", uncompiled)


@pytest.mark.parametrize("size", [4, 500])
def test_mutual_information_is_that_of_a_plain_loop(monkeypatch, size):
    noise = draw_standard_normal(
        [9, 2], seed=1, purpose=Purpose.AGGREGATE_LATENTS, index=0
    )
    z = LOC + SCALE * noise.numpy()
    monkeypatch.setattr(latents, "CHUNK", size)
    received = mutual_information(LOC, SCALE, seed=1)
    assert received.dtype == np.float64
    for n in range(9):
        log_probs = scipy.stats.norm(LOC, SCALE).logpdf(z[n]).sum(axis=1)
        expected = log_probs[n] - scipy.special.logsumexp(log_probs) + np.log(9)
        np.testing.assert_allclose(received[n], expected, atol=1e-4)


def test_mutual_information_cannot_exceed_log_n(eager):
    apart = np.arange(16, dtype=np.float32)[:, None] * 100
    received = mutual_information(apart, np.ones_like(apart), seed=1)
    np.testing.assert_allclose(received, np.log(16), rtol=1e-6)
    assert np.all(received <= np.log(16))


def test_without_information_it_is_zero(eager):
    same = np.ones([16, 2], np.float32)
    received = mutual_information(same, same, seed=1)
    np.testing.assert_allclose(received, 0, atol=1e-5)


def test_of_a_gaussian_channel_it_is_known(eager):
    """z = s + noise with unit variance in all: I = -log of the noise's scale."""
    scale = 0.4
    loc = RNG.normal(scale=np.sqrt(1 - scale**2), size=(2000, 1)).astype(np.float32)
    received = mutual_information(loc, np.full_like(loc, scale), seed=1)
    error = received.std() / np.sqrt(len(received))
    assert abs(received.mean() + np.log(scale)) < 4 * error


def test_active_units_vary():
    loc = np.stack([[0.0, 0.3] * 8, [0.5, 0.6] * 8, [7.0, 7.0] * 8], axis=1)
    assert active_units(loc.astype(np.float32)) == 1
    assert active_units(loc.astype(np.float32) * 10) == 2


def test_probes_are_fit_to_training_images_and_judged_on_others():
    label = np.arange(300) % 3
    centres = np.array([[0, 0], [4, 0], [0, 4]])
    loc = centres[label] + RNG.normal(size=(300, 2), scale=0.3)
    hits = probe_hits(loc, label, loc[:100], label[:100])
    assert {name: hit.mean() for name, hit in hits.items()} == {
        "knn_accuracy": 1,
        "probe_accuracy": 1,
    }
    wrong = probe_hits(loc, label, loc[:100], (label[:100] + 1) % 3)
    assert all(hit.mean() == 0 for hit in wrong.values())


def test_a_ring_is_for_neighbours_not_for_a_linear_probe():
    angle = RNG.uniform(0, 2 * np.pi, size=400)
    label = np.arange(400) % 2
    loc = (1 + 2 * label)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    hits = probe_hits(loc[:300], label[:300], loc[300:], label[300:])
    assert hits["knn_accuracy"].mean() > 0.95
    assert hits["probe_accuracy"].mean() < 0.7
