"""Compute matrix products alone: the machine's limit for the shapes of a network.

The option `library` is `numpy` (its BLAS), `jax` (XLA) or `torch`.
"""

import functools
from itertools import pairwise

import numpy as np

from programs.worker import NUM_SAMPLES, Program, serve


def random(*shape):
    return np.random.default_rng(1).standard_normal(shape, dtype=np.float32)


def training_products(configuration):
    """Make the factors of the products for each layer's output and two gradients."""
    factors = []
    for widths in (configuration.encoder_widths, configuration.decoder_widths):
        for shape in pairwise(widths):
            x, gradient = (random(configuration.batch_size, n) for n in shape)
            weights = random(*shape)
            factors += [(x, weights), (x.T, gradient), (gradient, weights.T)]
    return factors[:2] + factors[3:]  # the pixels need no gradient


def decoder_products(configuration):
    """Make the factors of the decoder's products for the samples of one image."""
    layers = pairwise(configuration.decoder_widths)
    return [(random(NUM_SAMPLES, inputs), random(inputs, n)) for inputs, n in layers]


def step_with(matmul, factors):
    outputs = [matmul(a, b) for a, b in factors]

    def step():
        for (a, b), output in zip(factors, outputs, strict=True):
            matmul(a, b, out=output)

    return step


def torch_step(factors):
    import torch

    torch.set_num_threads(2)
    factors = [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in factors]
    return step_with(torch.mm, factors)


def jax_step(factors):
    import jax

    products = jax.jit(lambda factors: [a @ b for a, b in factors])
    factors = jax.device_put(factors)
    return lambda: jax.block_until_ready(products(factors))


def make(configuration, _images, library, bound):
    products = decoder_products if bound else training_products
    numpy_step = functools.partial(step_with, np.matmul)
    steps = {"numpy": numpy_step, "torch": torch_step, "jax": jax_step}
    step = steps[library](products(configuration))

    def run_epoch():
        for _ in range(configuration.num_steps):
            step()

    return Program(run_epoch)


if __name__ == "__main__":
    serve(make)
