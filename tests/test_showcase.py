import numpy as np
import scipy.stats
import tensorflow as tf

from vae import showcase
from vae.evaluation.inference import decode, encode
from vae.model import VAE
from vae.evaluation.figure_arrays import (
    decoded_for_figures,
    first_of_each_digit,
    manifold,
    posteriors,
    prior_samples,
    traversals,
)

PIXELS = 6
LABEL = np.arange(30) % 10
IMAGES = np.random.default_rng(0).integers(256, size=(30, PIXELS), dtype="u1")


def make_vae(latent_dim=2):
    return VAE(
        num_pixels=PIXELS,
        latent_dim=latent_dim,
        hidden_units=[8],
        activation="tanh",
        likelihood="bernoulli",
        gaussian_scale="learned",
        seed=1,
    )


def show(latent_dim):
    vae = make_vae(latent_dim)
    evidence = np.zeros(30) if latent_dim < 3 else None
    encoding = encode(vae, IMAGES)
    return decoded_for_figures(vae, IMAGES, LABEL, encoding, evidence, seed=1)


def test_what_is_shown_suits_the_number_of_dimensions():
    always = {"shown_label", "shown_input", "shown_reconstruction", "samples"}
    assert set(show(1)) == always
    assert {"manifold", "posterior_axes", "rates"} <= set(show(2))
    more = {"rates", "traversed", "traversal", "traversal_z"}
    assert set(show(3)) == always | more


def test_the_first_images_of_each_digit_are_shown():
    label = np.array([1, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(first_of_each_digit(label, 2), [1, 2, 0, 3])
    shown = show(2)
    np.testing.assert_array_equal(shown["shown_label"], np.repeat(np.arange(10), 2))
    np.testing.assert_array_equal(shown["shown_input"][:2], IMAGES[[0, 10]])


def test_the_manifold_rises_to_the_right_and_upwards():
    vae = make_vae()
    images = manifold(vae)["manifold"]
    side = showcase.MANIFOLD_SIDE
    edge = scipy.stats.norm.ppf(0.5 / side)
    corners = decode(vae, np.float32([[edge, -edge], [-edge, edge]]))
    np.testing.assert_allclose(images[0, 0], corners[0], rtol=1e-4)  # low z_1, high z_2
    np.testing.assert_allclose(images[-1, -1], corners[1], rtol=1e-4)


def test_samples_are_of_the_prior(monkeypatch):
    monkeypatch.setattr(showcase, "decode", lambda vae, z: z.numpy())
    z = prior_samples(make_vae(3), seed=1)["samples"]
    assert z.shape == (showcase.NUM_SAMPLES, 3)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / z.size)


def test_traversals_move_one_dimension_at_a_time_the_most_informative_first():
    vae, start = make_vae(4), np.float32([0.1, 0.2, 0.3, 0.4])
    shown = traversals(vae, start, rate=np.array([0.5, 2.0, 0.1, 1.0]))
    np.testing.assert_array_equal(shown["traversed"], [1, 3, 0, 2])
    z = np.tile(start, (11, 1))
    z[:, 3] = shown["traversal_z"]
    np.testing.assert_allclose(shown["traversal"][1], decode(vae, z), rtol=1e-5)


def test_true_posteriors_are_densities():
    """Integrated over a window that holds them, they give one."""
    vae = make_vae()
    encoding = encode(vae, IMAGES[:2])
    wide = encoding._replace(scale=np.ones_like(encoding.scale))

    axis = np.linspace(-8, 8, 401)
    z = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32)
    x = tf.constant(IMAGES[:2] / 255, tf.float32)
    log_joint = vae.log_prob_pairs(x, z).numpy()
    log_joint = log_joint + scipy.stats.norm.logpdf(z).sum(axis=1)
    evidence = np.log(np.exp(log_joint).sum(axis=1) * (axis[1] - axis[0]) ** 2)

    shown = posteriors(vae, IMAGES[:2], wide, evidence)
    for axes, log_prob in zip(
        shown["posterior_axes"], shown["posterior_log_prob"], strict=True
    ):
        cell = (axes[0, 1] - axes[0, 0]) * (axes[1, 1] - axes[1, 0])
        np.testing.assert_allclose(np.exp(log_prob).sum() * cell, 1, rtol=1e-3)


def test_z_1_runs_along_the_columns_of_a_posterior():
    vae = make_vae()
    shown = posteriors(vae, IMAGES[:1], encode(vae, IMAGES[:1]), np.zeros(1))
    first, second = shown["posterior_axes"][0]
    z = tf.constant([[first[7], second[3]]])
    x = tf.constant(IMAGES[:1] / 255, tf.float32)
    expected = vae.likelihood.log_prob(x, vae.decode(z))[0]
    expected += scipy.stats.norm.logpdf(z).sum()
    received = shown["posterior_log_prob"][0, 3, 7]
    np.testing.assert_allclose(received, expected, rtol=1e-5)
