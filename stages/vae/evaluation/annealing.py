"""log p(x) enclosed from both sides by annealing, in any number of dimensions.

Annealed importance sampling (Neal 2001, arXiv physics/9803008) leads samples of a
proposal r(z|x) to the posterior, through densities between the two,

    log f_b(z) = (1 - b) log r(z|x) + b log p(x, z),  b = 0 ... 1,

each left invariant by a step of Hamiltonian Monte Carlo. A chain's weight, the product
of f_b'(z) / f_b(z) on its way, has p(x) as its mean: a lower bound on log p(x), as with
importance sampling. A chain that starts from an exact sample of the posterior and goes
the other way has 1 / p(x) as the mean of its inverse weight: an upper bound. Such a
sample is known of images drawn from the model (Grosse et al. 2015, arXiv 1511.02543; Wu
et al. 2017, arXiv 1611.04273). On these, the distance of the two bounds says how tight
the lower one is.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from vae.evaluation.chunks import map_chunks
from vae.evaluation.proposals import Mixture, gaussians_near, highest
from vae.evaluation.search import explore, explore_prior
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.logarithms import log_mean_exp
from vae.numerics.noise import standard_normal, uniform
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose

CHUNK = 125  # images at once
NUM_EXPLORING = 64  # samples of q(z|x) that find where the chains start
NUM_CHAINS = 16  # an image
NUM_CENTERS = 12  # of them start around as many of the best explored places
WIDTH = 1.2  # of where they start, in standard deviations of q(z|x)
NUM_STEPS = 150  # from one density to the next
NUM_LEAPS = 2  # of Hamiltonian dynamics, a step
LEAPS = (0.8, 0.6, 0.4)  # their size by turns, in standard deviations of q(z|x)
STEEPNESS = 3.0  # of the logistic curve that b follows, slow at both ends

FORWARD, BACKWARD = 0, 1


class Point(NamedTuple):
    """Where the chains are.

    Attributes:
        z: [chains, batch, latent].
        log_joint, log_proposal: log p(x, z) and log r(z|x), [chains, batch].
        joint_slope, proposal_slope: their gradients, [chains, batch, latent].
    """

    z: tf.Tensor
    log_joint: tf.Tensor
    joint_slope: tf.Tensor
    log_proposal: tf.Tensor
    proposal_slope: tf.Tensor

    def log_density(self, b: tf.Tensor) -> tf.Tensor:
        """log f_b, [chains, batch]."""
        return b * self.log_joint + (1.0 - b) * self.log_proposal

    def slope(self, b: tf.Tensor) -> tf.Tensor:
        """Its gradient, [chains, batch, latent]."""
        return b * self.joint_slope + (1.0 - b) * self.proposal_slope


def lower_bounds(vae: VAE, images: np.ndarray, *, seed: int) -> np.ndarray:
    """A lower bound on log p(x) of each image, float64 [images], in nats.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        seed: of the draws; those of an image depend on its place alone.
    """
    return _bounds(vae, images, None, seed=seed)


def upper_bounds(
    vae: VAE, images: np.ndarray, z: np.ndarray, *, seed: int
) -> np.ndarray:
    """An upper bound on log p(x) of each image, float64 [images], in nats.

    Args:
        vae: the trained model.
        images: uint8 [images, pixels].
        z: exact samples of their posteriors p(z|x), float32 [images, latent].
        seed: as for `lower_bounds`.
    """
    return _bounds(vae, images, z, seed=seed)


def _bounds(
    vae: VAE, images: np.ndarray, z: np.ndarray | None, *, seed: int
) -> np.ndarray:
    """Lower bounds, or upper ones where exact samples z of the posteriors are known."""
    direction, ends = (FORWARD, ()) if z is None else (BACKWARD, (z,))
    (bounds,) = map_chunks(
        partial(_chunk_bounds, vae, direction, seed),
        images,
        np.arange(len(images), dtype=np.int32),
        *explore_prior(vae, images, seed=seed),
        *ends,
        size=CHUNK,
        what=f"{'lower' if z is None else 'upper'} bound on log p(x) by annealing",
    )
    return bounds.astype(np.float64)


@tf.function(jit_compile=True)  # out here: test and simulated images share one program
def _chunk_bounds(
    vae, direction, seed, images, places, prior_z, prior_log_likelihood, *ends
):
    """The bounds [batch] of a chunk, in the tuple that `map_chunks` takes.

    Its images are uint8 [batch, pixels], their places among all [batch]; `ends` are
    exact samples of the posteriors [batch, latent], if the direction is BACKWARD.
    """
    shape = [NUM_STEPS, NUM_CHAINS, vae.latent_dim]

    def image_noise(place):
        draw = {"seed": seed, "index": 2 * place + direction}
        latents = standard_normal(
            [NUM_EXPLORING + NUM_CHAINS, vae.latent_dim],
            purpose=Purpose.ANNEALING_LATENTS,
            **draw,
        )
        momenta = standard_normal(shape, purpose=Purpose.ANNEALING_MOMENTA, **draw)
        chances = uniform(shape[:2], purpose=Purpose.ANNEALING_CHOICES, **draw)
        return latents, momenta, chances

    x = observations(images)
    latents, momenta, chances = tf.map_fn(
        image_noise, places, fn_output_signature=(tf.float32,) * 3
    )
    latents = tf.transpose(latents, [1, 0, 2])
    z, log_explored, _ = explore(
        vae, x, latents[:NUM_EXPLORING], prior_z, prior_log_likelihood
    )
    loc, scale = vae.posterior(x)
    starts = tf.concat([loc[None], highest(z, log_explored, NUM_CENTERS)], axis=0)
    proposal = Mixture(
        *gaussians_near(starts, loc, scale, vae.prior.current(), WIDTH),
        [NUM_CHAINS - NUM_CENTERS, *[1] * NUM_CENTERS],
    )
    if direction == FORWARD:
        start = proposal.sample(latents[NUM_EXPLORING:])
    else:
        start = tf.broadcast_to(ends[0], [NUM_CHAINS, *ends[0].shape])
    log_weights = anneal(
        vae,
        x,
        proposal,
        start,
        tf.transpose(momenta, [1, 2, 0, 3]),
        tf.transpose(chances, [1, 2, 0]),
        direction=direction,
    )
    sign = 1.0 if direction == FORWARD else -1.0
    return (sign * log_mean_exp(sign * log_weights),)


def anneal(
    vae: VAE,
    x: tf.Tensor,
    proposal: Mixture,
    z: tf.Tensor,
    momenta: tf.Tensor,
    chances: tf.Tensor,
    *,
    direction: int,
) -> tf.Tensor:
    """Log weights of chains between a proposal and the posterior, [chains, batch].

    Args:
        vae: the trained model.
        x: observations in [0, 1], [batch, pixels].
        proposal: r(z|x).
        z: where the chains start, [chains, batch, latent].
        momenta: standard Gaussian, [steps, chains, batch, latent].
        chances: uniform in [0, 1), [steps, chains, batch].
        direction: FORWARD from the proposal, BACKWARD from the posterior.
    """
    prior = vae.prior.current()
    _, scale = vae.posterior(x)
    leaps = tf.constant(LEAPS)
    num_steps = len(momenta)
    curve = 1.0 / (1.0 + np.exp(-STEEPNESS * np.linspace(-1, 1, num_steps + 1)))
    b = tf.constant((curve - curve[0]) / (curve[-1] - curve[0]), tf.float32)

    def point(z):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(z)
            log_joint = vae.log_likelihood(x, z) + prior.log_prob(z)
            log_proposal = proposal.log_prob(z)
        slopes = tape.gradient(log_joint, z), tape.gradient(log_proposal, z)
        return Point(z, log_joint, slopes[0], log_proposal, slopes[1])

    def step(here, b, leap, momentum, chance):
        """One of Hamiltonian Monte Carlo: whoever arrives with enough density moves."""
        there, energy = here, 0.5 * tf.reduce_sum(tf.square(momentum), axis=-1)
        energy -= here.log_density(b)
        for _ in range(NUM_LEAPS):
            momentum += 0.5 * leap * there.slope(b)
            there = point(there.z + leap * momentum)
            momentum += 0.5 * leap * there.slope(b)
        change = 0.5 * tf.reduce_sum(tf.square(momentum), axis=-1)
        change -= there.log_density(b) + energy
        moves = tf.math.log(chance) < -change
        return Point(
            *(
                tf.where(moves if new.shape.rank == 2 else moves[..., None], new, old)
                for new, old in zip(there, here, strict=True)
            )
        )

    def advance(i, log_weights, *here):
        here = Point(*here)
        k = i if direction == FORWARD else num_steps - 1 - i
        leap = leaps[k % len(LEAPS)] * scale
        if direction == BACKWARD:
            here = step(here, b[k + 1], leap, momenta[i], chances[i])
        log_weights += (b[k + 1] - b[k]) * (here.log_joint - here.log_proposal)
        if direction == FORWARD:
            here = step(here, b[k + 1], leap, momenta[i], chances[i])
        return i + 1, log_weights, *here

    state = 0, tf.zeros(z.shape[:2]), *point(z)
    _, log_weights, *_ = tf.while_loop(lambda i, *_: i < num_steps, advance, state)
    return log_weights
