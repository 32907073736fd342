"""Terms of the bounds against SciPy and plain loops, and names of weights."""

import numpy as np
import pytest
import scipy.stats

from models import BATCH, LATENT, PIXELS, SAMPLES, make_vae, normal
from vae.learned_priors import PRIORS
from vae.likelihoods import LIKELIHOODS
from vae.numerics.determinism import tf
from vae.numerics.gaussians import divergence
from vae.objectives import OBJECTIVES
from vae.pipeline.schema import Model, Train
from vae.pipeline.trained import named_weights

X = np.random.default_rng(0).integers(2, size=(BATCH, PIXELS)).astype("f4")
NOISE = normal(SAMPLES, BATCH, LATENT)


@pytest.mark.parametrize(
    ("section", "name", "kinds"),
    [
        (Model, "likelihood", LIKELIHOODS),
        (Model, "prior", PRIORS),
        (Train, "objective", OBJECTIVES),
    ],
)
def test_every_allowed_name_has_a_class(section, name, kinds):
    assert set(section.model_fields[name].annotation.__args__) == set(kinds)


def test_terms_equal_scipy_and_a_plain_loop():
    vae = make_vae()
    terms = vae.terms(X, NOISE)
    assert terms.rate.shape == (BATCH,)
    assert terms.distortion.shape == terms.log_weights.shape == (SAMPLES, BATCH)
    for i in range(BATCH):  # a plain loop, one image and one sample at a time
        loc, scale = (a.numpy()[0] for a in vae.posterior(X[i : i + 1]))
        rate = np.sum(divergence(loc, scale))
        np.testing.assert_allclose(terms.rate[i], rate, rtol=1e-5)
        for s in range(SAMPLES):
            z = loc + scale * NOISE[s, i]
            mean = 1 / (1 + np.exp(-np.float64(vae.decoder(z[None])[0])))
            log_likelihood = scipy.stats.bernoulli.logpmf(X[i], mean).sum()
            log_prior = scipy.stats.norm.logpdf(z).sum()
            log_posterior = scipy.stats.norm(loc, scale).logpdf(z).sum()
            log_weight = log_likelihood + log_prior - log_posterior
            received = terms.distortion[s, i], terms.log_weights[s, i]
            expected = -log_likelihood, log_weight
            np.testing.assert_allclose(received, expected, rtol=1e-5)


@pytest.mark.parametrize("value", [-1000.0, 1000.0])
def test_scale_is_positive_and_terms_are_finite_at_extreme_outputs(value):
    vae = make_vae()
    vae.encoder.layers[-1].bias.assign(tf.fill([2 * LATENT], value))
    assert np.all(vae.posterior(X)[1] > 0)
    for term in vae.terms(X, NOISE):
        assert np.all(np.isfinite(term))


def test_the_seed_decides_the_initial_weights():
    first, again, other = (named_weights(make_vae(seed=s).variables) for s in (1, 1, 2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    kernels = [name for name in first if name.endswith("kernel")]
    assert all(np.any(first[name] != other[name]) for name in kernels)
    _, second, third, _ = make_vae(hidden_units=[7, 7, 7]).encoder.layers
    assert np.all(second.kernel.numpy() != third.kernel.numpy())


def test_weights_have_names():
    vae = make_vae(likelihood="gaussian", prior="vamp")
    shapes = {name: a.shape for name, a in named_weights(vae.variables).items()}
    assert shapes == {
        "encoder.hidden_1.kernel": (PIXELS, 9),
        "encoder.hidden_1.bias": (9,),
        "encoder.hidden_2.kernel": (9, 8),
        "encoder.hidden_2.bias": (8,),
        "encoder.posterior.kernel": (8, 2 * LATENT),
        "encoder.posterior.bias": (2 * LATENT,),
        "decoder.hidden_1.kernel": (LATENT, 8),
        "decoder.hidden_1.bias": (8,),
        "decoder.hidden_2.kernel": (8, 9),
        "decoder.hidden_2.bias": (9,),
        "decoder.likelihood.kernel": (9, PIXELS),
        "decoder.likelihood.bias": (PIXELS,),
        "likelihood.log_scale": (),
        "prior.pseudo_inputs": (4, PIXELS),
    }
    others = named_weights(make_vae(gaussian_scale=0.1).variables)
    assert set(shapes) - set(others) == {"likelihood.log_scale", "prior.pseudo_inputs"}


@pytest.mark.parametrize(
    ("x", "received"),
    [
        (np.uint8(255 * X), rf"uint8 of shape \[{BATCH}, {PIXELS}\]"),
        (X[0], rf"float32 of shape \[{PIXELS}\]"),
        (X[:, 1:], rf"float32 of shape \[{BATCH}, {PIXELS - 1}\]"),
    ],
)
def test_other_observations_are_refused(x, received):
    with pytest.raises(ValueError, match=rf"received {received}; expected floats"):
        make_vae().posterior(x)
