"""What the figures show: which images and latents, and what the decoder makes of it."""

import numpy as np
import pytest
import scipy.stats

from models import IMAGE_BYTES, PIXELS, evaluate_settings, linear_gaussian, make_vae
from vae.evaluation import figure_arrays as module
from vae.evaluation.elbo import encode
from vae.evaluation.measure import Split
from vae.numerics.determinism import tf
from vae.numerics.gaussians import divergence
from vae.numerics.noise import draw_standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose

pytestmark = pytest.mark.usefixtures("eager")

LABEL = np.arange(30) % 10
IMAGES = np.random.default_rng(0).integers(256, size=(30, PIXELS), dtype="u1")


@pytest.mark.parametrize("prior", ["standard", "vamp"])
def test_images_are_shown_by_class_and_by_how_far_q_misses(monkeypatch, prior):
    monkeypatch.setattr(module, "POSTERIOR_POINTS", 5)
    vae = make_vae(latent_dim=2, prior=prior)
    # The gap log p(x) - ELBO of image i is i.
    columns = {"elbo": -np.arange(30.0), "log_evidence": np.zeros(30)}
    test = Split(IMAGES, LABEL, encode(vae, IMAGES), columns)
    shown = module.figure_arrays(vae, test, columns, evaluate_settings())
    assert ("manifold" in shown) == (prior == "standard")
    np.testing.assert_array_equal(shown["shown_label"], [range(10)] * 2)
    np.testing.assert_array_equal(shown["shown_input"], IMAGES[:20].reshape(2, 10, -1))
    chosen = [3, 9, 15, 21, 27]
    np.testing.assert_array_equal(shown["posterior_label"], LABEL[chosen])
    loc = encode(vae, IMAGES[chosen]).loc
    np.testing.assert_allclose(shown["posterior_loc"], loc, rtol=1e-5, atol=1e-6)
    key = {"seed": 3, "purpose": Purpose.PRIOR_LATENTS, "index": 0}
    z = vae.prior.frozen().draw(draw_standard_normal([100, 2], **key))
    np.testing.assert_allclose(shown["samples"], vae.mean(z), rtol=1e-4)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ([1, 1, 0, 1, 0, 2], [[2, 0, 5]]),  # one image is of class 2
        ([3] * 15, [range(10)]),
        (range(30), [range(10), range(10, 20)]),
    ],
)
def test_images_are_shown_by_class_if_there_are_few(label, shown):
    np.testing.assert_array_equal(module.shown_images(np.array(label)), shown)


def test_the_manifold_rises_to_the_right_and_upwards():
    vae = make_vae(latent_dim=2)
    images, z = module.manifold(vae).values()
    side = module.MANIFOLD_SIDE
    expected = scipy.stats.norm.ppf((np.arange(side) + 0.5) / side)
    np.testing.assert_allclose(z, expected, rtol=1e-5)
    assert images.shape == (side, side, PIXELS)
    corners = vae.mean(tf.constant([[z[0], z[-1]], [z[-1], z[0]]]))
    np.testing.assert_allclose(images[0, 0], corners[0], rtol=1e-4)  # low z_1, high z_2
    np.testing.assert_allclose(images[-1, -1], corners[1], rtol=1e-4)


def test_traversals_move_one_dimension_at_a_time_the_most_informative_first():
    vae, start = make_vae(latent_dim=4), np.float32([0.1, 0.2, 0.3, 0.4])
    rate = np.array([0.5, 2.0, 0.1, 1.0])
    shown = module.traversals(vae, IMAGES[0], start, rate)
    np.testing.assert_array_equal(shown["traversal_start"], IMAGES[0])
    np.testing.assert_array_equal(shown["traversed"], [1, 3, 0, 2])
    z = np.tile(start, (11, 1))
    z[:, 3] = shown["traversal_z"]
    np.testing.assert_allclose(shown["traversal"][1], vae.mean(z), rtol=1e-5)


def test_true_posteriors_are_densities_and_gaps_divergences(monkeypatch):
    """The true posterior is known, and q(z|x) is far away and too narrow."""
    monkeypatch.setattr(module, "POSTERIOR_POINTS", 41)
    exact, log_evidence = linear_gaussian(2)
    vae, _ = linear_gaussian(2, posterior_factor=0.3, posterior_shift=10.0)
    images = IMAGE_BYTES[:2]
    q, true = (model.posterior(observations(images)) for model in (vae, exact))
    loc, scale = (tensor.numpy() for tensor in q)
    shown = module.posteriors(
        vae, images, loc, scale, log_evidence=log_evidence[:2], num_points=101
    )
    expected = np.sum(divergence(loc, scale, *true), axis=-1)
    np.testing.assert_allclose(shown["posterior_gap"], expected, rtol=1e-3)
    axes = shown["posterior_axes"]  # [images, windows, 2, points]
    steps = axes[..., 1] - axes[..., 0]
    np.testing.assert_allclose(steps[..., 0], steps[..., 1], rtol=1e-3)  # squares
    np.testing.assert_allclose(axes[:, 0].mean(axis=-1), loc, atol=1e-5)
    for mean, deviation in [(loc, scale), true]:  # both are in the second window
        assert np.all(axes[:, 1, :, 0] <= mean - 3 * deviation)
        assert np.all(axes[:, 1, :, -1] >= mean + 3 * deviation)
    z_1, z_2 = axes[:, :, 0, None, :], axes[:, :, 1, :, None]
    posterior = scipy.stats.norm(*(np.array(t)[:, None, None, None] for t in true))
    expected = posterior.logpdf(np.stack(np.broadcast_arrays(z_1, z_2), -1)).sum(-1)
    received = shown["posterior_log_prob"]
    np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-2)
