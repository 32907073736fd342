"""What the figures show: which images and latents, and what the decoder makes of it."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from uncompiled import uncompiled
from vae.evaluation import figure_arrays as module
from vae.evaluation.elbo import encode
from vae.evaluation.figure_arrays import (
    at_quantiles,
    figure_arrays,
    first_of_each_class,
    manifold,
    posteriors,
    prior_samples,
    traversals,
)
from vae.evaluation.quadrature import log_evidence
from vae.model import VAE
from vae.priors import MixturePrior, StandardNormal

PIXELS = 6
LABEL = np.arange(30) % 10
IMAGES = np.random.default_rng(0).integers(256, size=(30, PIXELS), dtype="u1")


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    monkeypatch.setattr(tf, "function", uncompiled)
    monkeypatch.setattr(module, "POSTERIOR_POINTS", 81)


def make_vae(latent_dim=2):
    return VAE(
        num_pixels=PIXELS,
        latent_dim=latent_dim,
        prior="standard",
        pseudo_inputs=1,
        hidden_units=[8],
        activation="tanh",
        likelihood="bernoulli",
        gaussian_scale="learned",
        seed=1,
    )


def show(latent_dim, known=True):
    vae = make_vae(latent_dim)
    columns = {"elbo": -np.arange(30.0)}
    if latent_dim < 3 and known:
        columns["log_evidence"] = np.zeros(30)
    encoding = encode(vae, IMAGES)
    settings = {"grid_points": [101, 41], "seed": 1}
    return figure_arrays(vae, IMAGES, LABEL, encoding, columns, **settings)


ALWAYS = {"shown_label", "shown_input", "shown_reconstruction", "samples"}


@pytest.mark.parametrize(
    ("latent_dim", "others"),
    [
        (1, set()),
        (
            2,
            {"manifold", "manifold_z"}
            | {f"posterior_{n}" for n in ("label", "loc", "scale", "gap")}
            | {"posterior_axes", "posterior_log_prob"},
        ),
        (3, {"traversal_start", "traversed", "traversal", "traversal_z"}),
    ],
)
def test_what_is_shown_suits_the_number_of_dimensions(latent_dim, others):
    assert set(show(latent_dim)) == ALWAYS | others


def test_posteriors_are_shown_where_log_p_x_is_known():
    shown = show(2, known=False)
    assert set(shown) == ALWAYS | {"manifold", "manifold_z"}


def test_the_first_images_of_each_class_are_shown():
    label = np.array([1, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(first_of_each_class(label, 2), [1, 2, 0, 3])
    shown = show(1)
    np.testing.assert_array_equal(shown["shown_label"], np.repeat(np.arange(10), 2))
    np.testing.assert_array_equal(shown["shown_input"][:2], IMAGES[[0, 10]])


def test_images_are_chosen_by_how_many_have_a_smaller_value():
    values = np.random.default_rng(0).permutation(100)
    np.testing.assert_array_equal(values[at_quantiles(values)], [10, 30, 50, 70, 90])
    np.testing.assert_array_equal(at_quantiles(np.zeros(10)), [1, 3, 5, 7, 9])


def test_posteriors_are_of_images_that_q_misses_by_little_and_by_much():
    shown = show(2)  # the gap log p(x) - ELBO of image i is i
    np.testing.assert_array_equal(shown["posterior_label"], LABEL[[3, 9, 15, 21, 27]])
    loc = encode(make_vae(2), IMAGES[[3, 9, 15, 21, 27]]).loc
    np.testing.assert_allclose(shown["posterior_loc"], loc, rtol=1e-5, atol=1e-6)


def test_the_manifold_rises_to_the_right_and_upwards():
    vae = make_vae()
    shown = manifold(vae)
    images, z = shown["manifold"], shown["manifold_z"]
    side = module.MANIFOLD_SIDE
    expected = scipy.stats.norm.ppf((np.arange(side) + 0.5) / side)
    np.testing.assert_allclose(z, expected, rtol=1e-5)
    assert images.shape == (side, side, PIXELS)
    corners = vae.mean(tf.constant([[z[0], z[-1]], [z[-1], z[0]]]))
    np.testing.assert_allclose(images[0, 0], corners[0], rtol=1e-4)  # low z_1, high z_2
    np.testing.assert_allclose(images[-1, -1], corners[1], rtol=1e-4)


def test_samples_are_of_the_prior(monkeypatch):
    monkeypatch.setattr(module, "decode", lambda vae, z: z.numpy())
    prior = StandardNormal(3)
    z = prior_samples(make_vae(3), prior, seed=1)["samples"]
    assert z.shape == (module.NUM_SAMPLES, 3)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / z.size)
    assert np.all(z != prior_samples(make_vae(3), prior, seed=2)["samples"])
    elsewhere = MixturePrior(9 + tf.zeros([2, 3]), tf.ones([2, 3]))
    moved = prior_samples(make_vae(3), elsewhere, seed=1)["samples"]
    np.testing.assert_allclose(moved, 9 + z, rtol=1e-6)


def test_traversals_move_one_dimension_at_a_time_the_most_informative_first():
    vae, start = make_vae(4), np.float32([0.1, 0.2, 0.3, 0.4])
    rate = np.array([0.5, 2.0, 0.1, 1.0])
    shown = traversals(vae, IMAGES[0], start, rate)
    np.testing.assert_array_equal(shown["traversal_start"], IMAGES[0])
    np.testing.assert_array_equal(shown["traversed"], [1, 3, 0, 2])
    z = np.tile(start, (11, 1))
    z[:, 3] = shown["traversal_z"]
    np.testing.assert_allclose(shown["traversal"][1], vae.mean(z), rtol=1e-5)


@pytest.fixture(scope="module")
def shown_posteriors():
    """Of two images; q(z|x) misses the second by far, and is too narrow there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf, "function", uncompiled)
        patch.setattr(module, "POSTERIOR_POINTS", 161)
        vae = make_vae()
        loc, scale, _ = encode(vae, IMAGES[:2])
        loc[1] += 10 * scale[1]
        scale[1] *= 0.3
        evidence, _ = log_evidence(vae, IMAGES[:2], num_points=201)
        arrays = posteriors(
            vae, IMAGES[:2], loc, scale, log_evidence=evidence, num_points=101
        )
    return vae, loc, scale, arrays


def test_true_posteriors_are_densities_that_fill_their_windows(shown_posteriors):
    """Integrated over the window, they give one, wherever q(z|x) is."""
    *_, shown = shown_posteriors
    for axes, log_prob in zip(
        shown["posterior_axes"], shown["posterior_log_prob"], strict=True
    ):
        cell = (axes[0, 1] - axes[0, 0]) * (axes[1, 1] - axes[1, 0])
        np.testing.assert_allclose(np.exp(log_prob).sum() * cell, 1, rtol=0.01)


def test_windows_hold_q_too(shown_posteriors):
    _, loc, scale, shown = shown_posteriors
    axes = shown["posterior_axes"]
    assert np.all(axes[..., 0] <= loc - 3 * scale)
    assert np.all(axes[..., -1] >= loc + 3 * scale)


def test_gaps_are_the_divergences_of_q_from_the_true_posterior(shown_posteriors):
    vae, loc, scale, shown = shown_posteriors
    noise = np.random.default_rng(0).normal(size=(20_000, 2, 2)).astype(np.float32)
    z = loc + scale * noise
    x = tf.constant(IMAGES[:2] / 255, tf.float32)
    evidence, _ = log_evidence(vae, IMAGES[:2], num_points=201)
    log_q = scipy.stats.norm(loc, scale).logpdf(z).sum(axis=-1)
    log_joint = vae.log_likelihood(x, z).numpy()
    log_joint += scipy.stats.norm.logpdf(z).sum(axis=-1)
    differences = log_q - (log_joint - evidence)  # [samples, images]
    error = differences.std(axis=0) / np.sqrt(len(z))
    gap = shown["posterior_gap"]
    assert np.all(np.abs(gap - differences.mean(axis=0)) < 4 * error + 0.01)
    assert gap[1] > 10 * gap[0] > 0


def test_z_1_runs_along_the_columns_of_a_posterior(shown_posteriors):
    vae, _, _, shown = shown_posteriors
    first, second = shown["posterior_axes"][0]
    z = tf.constant([[first[7], second[3]]])
    x = tf.constant(IMAGES[:1] / 255, tf.float32)
    evidence, _ = log_evidence(vae, IMAGES[:1], num_points=201)
    expected = vae.log_likelihood(x, z) + scipy.stats.norm.logpdf(z).sum()
    received = shown["posterior_log_prob"][0, 3, 7]
    np.testing.assert_allclose(received, expected - evidence, rtol=1e-4)
