"""Matrix products and nothing else: the limit of the machine at these shapes.

The second argument names what multiplies: `numpy` (its BLAS), `jax` (XLA) or `torch`.
"""

import sys

import numpy as np

from programs.configurations import BOUND, NUM_SAMPLES
from programs.worker import Program, serve


def random(*shape):
    return np.random.default_rng(1).standard_normal(shape, dtype=np.float32)


def training_products(configuration):
    """Factors of each layer's output and of the gradients of its weights and input.

    The gradient of the first layer's input, the pixels, is not needed.
    """
    factors = []
    layers = configuration.encoder_layers() + configuration.decoder_layers()
    for inputs, outputs in layers:
        x, gradient = (random(configuration.batch_size, n) for n in (inputs, outputs))
        weights = random(inputs, outputs)
        factors += [(x, weights), (x.T, gradient), (gradient, weights.T)]
    return factors[:2] + factors[3:]


def decoder_products(configuration):
    """Factors of the output of each of the decoder's layers, for one image."""
    return [
        (random(NUM_SAMPLES, inputs), random(inputs, outputs))
        for inputs, outputs in configuration.decoder_layers()
    ]


def numpy_step(factors):
    outputs = [np.matmul(a, b) for a, b in factors]

    def step():
        for (a, b), output in zip(factors, outputs, strict=True):
            np.matmul(a, b, out=output)

    return step


def torch_step(factors):
    import torch

    torch.set_num_threads(2)
    factors = [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in factors]
    outputs = [torch.mm(a, b) for a, b in factors]

    def step():
        for (a, b), output in zip(factors, outputs, strict=True):
            torch.mm(a, b, out=output)

    return step


def jax_step(factors):
    import jax

    products = jax.jit(lambda factors: [a @ b for a, b in factors])
    factors = jax.device_put(factors)
    return lambda: jax.block_until_ready(products(factors))


def make(configuration, images):
    _, name, library = sys.argv
    products = decoder_products if name == BOUND else training_products
    steps = {"numpy": numpy_step, "torch": torch_step, "jax": jax_step}
    step = steps[library](products(configuration))

    def run_epoch():
        for _ in range(configuration.num_steps):
            step()

    return Program(run_epoch)


if __name__ == "__main__":
    serve(make)
