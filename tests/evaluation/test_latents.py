"""What latents say: mutual information, active dimensions, classifiers."""

import numpy as np
import pytest
import scipy.special
import scipy.stats

from vae.evaluation import latents
from vae.evaluation.latents import active_units, mutual_information, probe_hits
from vae.numerics.noise import draw_standard_normal
from vae.numerics.streams import Purpose

RNG = np.random.default_rng(0)
LOC = RNG.normal(size=(9, 2)).astype(np.float32)
SCALE = RNG.uniform(0.1, 1, size=(9, 2)).astype(np.float32)


@pytest.mark.parametrize("values", [10**8, 4 * 9 * 2])  # in one chunk and in three
def test_mutual_information_is_that_of_a_plain_loop(monkeypatch, values):
    noise = draw_standard_normal(
        [9, 2], seed=1, purpose=Purpose.AGGREGATE_LATENTS, index=0
    )
    z = LOC + SCALE * noise.numpy()
    monkeypatch.setattr(latents, "MAX_VALUES", values)
    received = mutual_information(LOC, SCALE, seed=1)
    assert received.dtype == np.float64
    for n in range(9):
        log_probs = scipy.stats.norm(LOC, SCALE).logpdf(z[n]).sum(axis=1)
        expected = log_probs[n] - scipy.special.logsumexp(log_probs) + np.log(9)
        np.testing.assert_allclose(received[n], expected, atol=1e-4)


def test_active_units_vary():
    loc = np.stack([[0.0, 0.3] * 8, [0.5, 0.6] * 8, [7.0, 7.0] * 8], axis=1)
    assert active_units(loc.astype(np.float32)) == 1
    assert active_units(loc.astype(np.float32) * 10) == 2


def test_probes_are_fit_to_training_images_and_judged_on_others():
    """A ring around another is for neighbors alone, one beside it for both."""
    angle, label = RNG.uniform(0, 2 * np.pi, size=400), np.arange(400) % 2
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    around, beside = (1 + 2 * label)[:, None] * ring, ring + 4 * label[:, None]
    for loc, low, high in [(around, 0, 0.7), (beside, 0.95, 1)]:
        hits = probe_hits(loc[:300], label[:300], loc[300:], label[300:])
        assert hits["knn_accuracy"].mean() > 0.95
        assert low <= hits["probe_accuracy"].mean() <= high
    assert probe_hits(loc, 0 * label, loc, label) == {}  # all of one class
