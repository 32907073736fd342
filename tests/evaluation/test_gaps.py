"""The gaps on linear-Gaussian models, whose posterior is a Gaussian that is known."""

import numpy as np
import pytest

from models import IMAGE_BYTES, linear_gaussian
from vae.evaluation import gaps as gaps_module
from vae.evaluation.gaps import gaps
from vae.numerics.gaussians import divergence
from vae.numerics.pixels import observations


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_all_of_the_gap_is_the_encoders_where_the_posterior_is_gaussian(latent_dim):
    """The search finds the posterior, and both ELBOs are exact: a KL divergence."""
    exact, log_evidence = linear_gaussian(latent_dim)
    vae, _ = linear_gaussian(latent_dim, posterior_factor=1.7, posterior_shift=2.0)
    received = gaps(vae, IMAGE_BYTES, log_evidence, seed=1)
    x = observations(IMAGE_BYTES)
    expected = np.sum(divergence(*vae.posterior(x), *exact.posterior(x)), axis=-1)
    np.testing.assert_allclose(received["approximation_gap"], 0, atol=1e-3)
    np.testing.assert_allclose(received["amortisation_gap"], expected, atol=1e-3)


def test_with_more_dimensions_the_gaps_are_estimated_by_samples(monkeypatch):
    monkeypatch.setattr(gaps_module, "CHUNK", 2)  # chunks change nothing
    exact, log_evidence = linear_gaussian(5)
    vae, _ = linear_gaussian(5, posterior_factor=1.7, posterior_shift=2.0)
    received = gaps(vae, IMAGE_BYTES, log_evidence, seed=1)
    x = observations(IMAGE_BYTES)
    expected = np.sum(divergence(*vae.posterior(x), *exact.posterior(x)), axis=-1)
    np.testing.assert_allclose(received["approximation_gap"], 0, atol=0.05)
    # The mean over 512 samples has a standard error of about 0.5 nats.
    np.testing.assert_allclose(received["amortisation_gap"], expected, atol=1.5)  #
    assert (received["approximation_gap"] > -0.01).all()
