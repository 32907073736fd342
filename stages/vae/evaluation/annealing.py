"""Lower and upper bounds on log p(x) by annealing, in any number of dimensions.

Annealed importance sampling (Neal 2001, arXiv physics/9803008) moves samples of a
proposal r(z|x) to the posterior, through the densities

    log f_b(z) = (1 - b) log r(z|x) + b log p(x, z),  b = 0 ... 1.

A step of Hamiltonian Monte Carlo leaves each of them invariant. The weight of a chain,
the product of f_b'(z) / f_b(z) over its steps, has the mean p(x): this gives a lower
bound on log p(x). A chain that starts from an exact sample of the posterior and runs
backward has an inverse weight of mean 1 / p(x): this gives an upper bound. Exact
samples are known for images drawn from the model (Grosse et al. 2015, arXiv 1511.02543;
Wu et al. 2017, arXiv 1611.04273). For these, the gap between the two bounds shows how
tight the lower bound is.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from vae.evaluation.chunks import map_chunks
from vae.evaluation.proposals import Mixture, gaussian_of, gaussians_near, highest
from vae.evaluation.search import explore, explore_prior
from vae.learned_priors import GaussianMixture
from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.logarithms import log_mean_exp
from vae.numerics.noise import standard_normal, uniform
from vae.numerics.pixels import observations
from vae.numerics.streams import Purpose

CHUNK = 125  # images per chunk
NUM_EXPLORING = 64  # samples of q(z|x), candidates for the starts of chains
NUM_CHAINS = 16  # per image
NUM_CENTERS = 12  # chains that start near the best samples, one per sample
NUM_WIDE = 1  # chains from a Gaussian like the prior, so that r(z|x) has its tails
WIDTH = 1.2  # scale of the proposal's components, in scales of q(z|x)
NUM_STEPS = 150  # transitions from one density to the next
NUM_LEAPS = 2  # leapfrog steps per transition
LEAPS = (0.8, 0.6, 0.4)  # their sizes, used in turn, in scales of q(z|x)
STEEPNESS = 3.0  # of the logistic schedule of b, which is slow at both ends

FORWARD, BACKWARD = 0, 1


class Point(NamedTuple):
    """The state of the chains; slopes are gradients with respect to z."""

    z: tf.Tensor  # [chains, batch, latent], like the slopes
    log_joint: tf.Tensor  # log p(x, z), [chains, batch]
    joint_slope: tf.Tensor
    log_proposal: tf.Tensor  # log r(z|x), [chains, batch]
    proposal_slope: tf.Tensor

    def log_density(self, b: tf.Tensor) -> tf.Tensor:
        """Compute log f_b, [chains, batch]."""
        return b * self.log_joint + (1.0 - b) * self.log_proposal

    def slope(self, b: tf.Tensor) -> tf.Tensor:
        """Compute the gradient of log f_b, [chains, batch, latent]."""
        return b * self.joint_slope + (1.0 - b) * self.proposal_slope


def lower_bounds(vae: VAE, images: np.ndarray, *, seed: int) -> np.ndarray:
    """Compute a lower bound on log p(x) of each image, float64 [images] in nats.

    The images are uint8 [images, pixels]. The noise of an image depends only on its
    index and the seed.
    """
    return _bounds(vae, images, None, seed=seed)


def upper_bounds(
    vae: VAE, images: np.ndarray, z: np.ndarray, *, seed: int
) -> np.ndarray:
    """Compute upper bounds from exact posterior samples `z` [images, latent]."""
    return _bounds(vae, images, z, seed=seed)


def _bounds(vae, images, z, *, seed):
    direction, ends = (FORWARD, ()) if z is None else (BACKWARD, (z,))
    (bounds,) = map_chunks(
        partial(_chunk_bounds, vae, direction, seed),
        images,
        np.arange(len(images), dtype=np.int32),
        *explore_prior(vae, images, seed=seed),
        *ends,
        size=CHUNK,
        title=f"{'lower' if z is None else 'upper'} bound on log p(x) by annealing",
    )
    return bounds.astype(np.float64)


@tf.function(jit_compile=True)  # at the top level, so that it is compiled once
def _chunk_bounds(  # noqa: PLR0913  all inputs of the program are arguments
    vae, direction, seed, images, indices, prior_z, prior_log_likelihood, *ends
):
    """Compute the bounds [batch] of a chunk, as a tuple for `map_chunks`.

    `ends` holds exact posterior samples [batch, latent] if the direction is BACKWARD.
    """
    shape = [NUM_STEPS, NUM_CHAINS, vae.latent_dim]

    def image_noise(index):
        draw = {"seed": seed, "index": 2 * index + direction}
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
        image_noise, indices, fn_output_signature=(tf.float32,) * 3
    )
    latents = tf.transpose(latents, [1, 0, 2])
    z, log_explored, _ = explore(
        vae, x, latents[:NUM_EXPLORING], prior_z, prior_log_likelihood
    )
    loc, scale = vae.posterior(x)
    prior = vae.prior.current()
    starts = tf.concat([loc[None], highest(z, log_explored, NUM_CENTERS)], axis=0)
    near = gaussians_near(starts, loc, scale, prior, WIDTH)
    wide = gaussian_of(prior, loc.shape)
    proposal = Mixture(
        tf.concat([near[0], wide[0]], axis=0),
        tf.concat([near[1], wide[1]], axis=0),
        [NUM_CHAINS - NUM_CENTERS - NUM_WIDE, *[1] * NUM_CENTERS, NUM_WIDE],
        # Exact samples may be in a far component, where all these Gaussians vanish.
        prior if direction == BACKWARD and isinstance(prior, GaussianMixture) else None,
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


def anneal(  # noqa: PLR0913, PLR0915  the loop is one function for XLA
    vae: VAE,
    x: tf.Tensor,
    proposal: Mixture,
    z: tf.Tensor,
    momenta: tf.Tensor,
    chances: tf.Tensor,
    *,
    direction: int,
) -> tf.Tensor:
    """Run chains between a proposal and the posterior; return their log weights.

    The chains start at `z` [chains, batch, latent] and go FORWARD from the proposal, or
    BACKWARD from the posterior. The noise `momenta` [steps, chains, batch, latent] is
    Gaussian, and `chances` [steps, chains, batch] is uniform.
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

    def step(start, b, leap, momentum, chance):
        """Take a step of Hamiltonian Monte Carlo with the density f_b."""
        end, energy = start, 0.5 * tf.reduce_sum(tf.square(momentum), axis=-1)
        energy -= start.log_density(b)
        for _ in range(NUM_LEAPS):
            momentum += 0.5 * leap * end.slope(b)
            end = point(end.z + leap * momentum)
            momentum += 0.5 * leap * end.slope(b)
        change = 0.5 * tf.reduce_sum(tf.square(momentum), axis=-1)
        change -= end.log_density(b) + energy
        moves = tf.math.log(chance) < -change
        return Point(
            *(
                tf.where(moves if new.shape.rank == 2 else moves[..., None], new, old)
                for new, old in zip(end, start, strict=True)
            )
        )

    def advance(i, log_weights, *current):
        current = Point(*current)
        k = i if direction == FORWARD else num_steps - 1 - i
        leap = leaps[k % len(LEAPS)] * scale
        if direction == BACKWARD:
            current = step(current, b[k + 1], leap, momenta[i], chances[i])
        log_weights += (b[k + 1] - b[k]) * (current.log_joint - current.log_proposal)
        if direction == FORWARD:
            current = step(current, b[k + 1], leap, momenta[i], chances[i])
        return i + 1, log_weights, *current

    state = 0, tf.zeros(z.shape[:2]), *point(z)
    return tf.while_loop(lambda i, *_: i < num_steps, advance, state)[1]
