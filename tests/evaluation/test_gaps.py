"""The gaps on linear-Gaussian models, whose posterior is a Gaussian that is known."""

import numpy as np
import pytest

from models import IMAGE_BYTES, linear_gaussian
from vae.evaluation import gaps as gaps_module
from vae.evaluation.gaps import gaps
from vae.numerics.gaussians import divergence
from vae.numerics.pixels import observations


# The mean over 512 samples has a standard error of about 0.5 nats.
@pytest.mark.parametrize(
    ("latent_dim", "near", "error"), [(2, 1e-3, 1e-3), (5, 0.05, 1.5)]
)
def test_all_of_the_gap_is_the_encoders_where_the_posterior_is_gaussian(
    monkeypatch, latent_dim, near, error
):
    """The search finds the posterior, so that the gap is a KL divergence."""
    monkeypatch.setattr(gaps_module, "CHUNK", 2)  # chunks change nothing
    exact, log_evidence = linear_gaussian(latent_dim)
    vae, _ = linear_gaussian(latent_dim, posterior_factor=1.7, posterior_shift=2.0)
    images = IMAGE_BYTES[:4]
    received = gaps(vae, images, log_evidence[:4], seed=1)
    x = observations(images)
    expected = np.sum(divergence(*vae.posterior(x), *exact.posterior(x)), axis=-1)
    np.testing.assert_allclose(received["approximation_gap"], 0, atol=near)
    np.testing.assert_allclose(received["amortization_gap"], expected, atol=error)
