"""Priors with weights of their own: a mixture of Gaussians, and a flow."""

import math
from collections.abc import Callable

import numpy as np

from vae.numerics import gaussians
from vae.numerics.dense import dense_network
from vae.numerics.determinism import keras, tf
from vae.numerics.noise import standard_normal
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose, seed_sequence
from vae.priors import Prior, StandardNormal

# The smallest scale of a mixture component, as a fraction of its distance from the
# origin: float32 cannot evaluate the density of a narrower one.
MIN_SHARE = 0.01
STANDARD_SHARE = 1e-4  # of N(0, I) in a flow
NUM_DRAWS, NUM_KERNELS = 512, 2048  # draws that stand for a flow


class GaussianMixture(Prior):
    """p(z) = 1/K sum_k N(loc_k, scale_k^2), with loc and scale [components, latent]."""

    def __init__(self, loc: tf.Tensor, scale: tf.Tensor):
        self.loc, self.scale = loc, scale

    def log_prob(self, z):
        return gaussians.mixture_log_prob(z, self.loc, self.scale)

    def draw(self, noise):
        """Draw from all components equally often, if their number divides the count."""
        chosen = tf.range(noise.shape[0]) * self.loc.shape[0] // noise.shape[0]
        return tf.gather(self.loc, chosen) + tf.gather(self.scale, chosen) * noise

    def components(self):
        return self.loc, self.scale


class VampPrior(Prior):
    """The mixture 1/K sum_k q(z|u_k) of learned pseudo-inputs u_k.

    `posterior` computes loc and scale of q(z|x). `pseudo_inputs` is the number K of
    pseudo-inputs. Source: Tomczak and Welling (2018), arXiv 1705.07120.
    """

    def __init__(self, posterior: Callable, num_pixels: int, pseudo_inputs: int):
        self._posterior = posterior
        start = np.zeros([pseudo_inputs, num_pixels], np.float32)
        self.pseudo_inputs = keras.Variable(start, name="prior.pseudo_inputs")
        self.variables = (self.pseudo_inputs,)

    def start_from(self, images):
        """Start the pseudo-inputs at evenly spaced images."""
        count = self.pseudo_inputs.shape[0]
        chosen = np.linspace(0, len(images) - 1, count).astype(int)
        self.pseudo_inputs.assign(observations(images[chosen]))

    def components(self):
        loc, scale = self._posterior(self.pseudo_inputs.value)
        least = MIN_SHARE * tf.abs(tf.stop_gradient(loc))
        return loc, tf.maximum(scale, least)

    def current(self):
        return GaussianMixture(*self.components())

    def frozen(self):
        return GaussianMixture(*tf.function(self.components, jit_compile=True)())


class FlowPrior(Prior):
    """p(z) = (1 - w) N(f(z); 0, I) |det df/dz| + w N(z; 0, I), with w = STANDARD_SHARE.

    f is invertible, a sequence of affine couplings. A coupling keeps a half of the
    dimensions, a, and moves the other half, b:

        b -> b exp(s(a)) + t(a),  s = 2 tanh(u(a) / 2),  log |det| = sum s(a)

    where a dense network computes t and u. Couplings alternate between the halves. At
    the start of training f is the identity. Source: Dinh et al. (2017), Real NVP, arXiv
    1605.08803; as a prior: Xu et al. (2019), arXiv 1905.13452.

    Couplings amplify distances, so f may send a few latents far away, where their rate
    is thousands of nats and its gradient ruins the weights. With the second term a rate
    is at most -log w = 9.2 nats above the divergence of q(z|x) from N(0, I). `draw`
    leaves this term out; one draw in 10,000 would come from it.

    Args:
        latent_dim: number of latent dimensions, at least 2.
        flow_layers: number of couplings.
        flow_units: width of the two hidden layers of each network.
        seed: seed of the initial weights.
    """

    def __init__(self, latent_dim: int, flow_layers: int, flow_units: int, seed: int):
        self.latent_dim = latent_dim
        self.base = StandardNormal(latent_dim)
        seeds = seed_sequence(seed, Purpose.INITIAL_WEIGHTS, index=1)
        seeds = map(int, seeds.generate_state(3 * flow_layers))
        self.networks = []
        for i in range(flow_layers):
            kept = (latent_dim + i % 2) // 2  # the first half, then the second half
            widths = [kept, flow_units, flow_units, 2 * (latent_dim - kept)]
            name = f"prior.coupling_{i + 1}"
            network = dense_network(name, widths, "gelu", "output", seeds)
            kernel = network.layers[-1].kernel
            kernel.assign(np.zeros(kernel.shape, np.float32))
            self.networks.append(network)
        self.variables = tuple(v for n in self.networks for v in n.trainable_variables)

    def log_prob(self, z):
        rows = tf.reshape(z, [-1, self.latent_dim])
        log_det = tf.zeros([rows.shape[0]])
        for i in range(len(self.networks)):
            kept, moved, shift, log_scale = self._coupling(i, rows)
            rows = self._join(i, kept, moved * tf.exp(log_scale) + shift)
            log_det += tf.reduce_sum(log_scale, axis=-1)
        log_flow = tf.reshape(self.base.log_prob(rows) + log_det, z.shape[:-1])
        return tf.reduce_logsumexp(
            [
                log_flow + math.log1p(-STANDARD_SHARE),
                self.base.log_prob(z) + math.log(STANDARD_SHARE),
            ],
            axis=0,
        )

    def draw(self, noise):
        """Compute the inverse of f."""
        rows = noise
        for i in reversed(range(len(self.networks))):
            kept, moved, shift, log_scale = self._coupling(i, rows)
            rows = self._join(i, kept, (moved - shift) * tf.exp(-log_scale))
        return rows

    def _coupling(self, i, rows):
        """Return the halves of rows, and shift and log scale of coupling `i`."""
        first = self.latent_dim // 2
        kept, moved = rows[:, :first], rows[:, first:]
        if i % 2 == 1:
            kept, moved = moved, kept
        shift, unbounded = tf.split(self.networks[i](kept), 2, axis=-1)
        return kept, moved, shift, 2.0 * tf.tanh(0.5 * unbounded)

    def _join(self, i, kept, moved):
        return tf.concat([kept, moved] if i % 2 == 0 else [moved, kept], axis=-1)

    def moments(self):
        """Estimate mean and standard deviation of each dimension from draws."""
        z = self.draw(self._noise(NUM_DRAWS))
        return tf.reduce_mean(z, axis=0), tf.math.reduce_std(z, axis=0)

    def components(self):
        """Return Gaussians at draws: a kernel density estimate for figures and grids.

        The width is that of Scott's rule in two dimensions.
        """

        @tf.function(jit_compile=True)
        def kernels():
            z = self.draw(self._noise(NUM_KERNELS))
            width = tf.math.reduce_std(z, axis=0) * NUM_KERNELS ** (-1 / 6)
            return z, tf.broadcast_to(width, z.shape)

        return kernels()

    def _noise(self, count):
        key = {"seed": 0, "purpose": Purpose.PRIOR_LATENTS, "index": 2}
        return standard_normal([count, self.latent_dim], **key)


PRIORS = {"standard": StandardNormal, "vamp": VampPrior, "flow": FlowPrior}
