"""Images drawn from the model, whose latents are exact samples of their posteriors."""

import numpy as np

from vae.model import VAE
from vae.numerics.determinism import tf
from vae.numerics.noise import standard_normal, uniform
from vae.numerics.streams import Purpose


def simulate(vae: VAE, num_images: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw z ~ p(z), float32 [images, latent], and x ~ p(x|z) as bytes.

    The draws of a `FlowPrior` are without N(0, I).
    """

    @tf.function(jit_compile=True)
    def draw():
        shape, key = [num_images, vae.latent_dim], {"seed": seed, "index": 0}
        noise = standard_normal(shape, purpose=Purpose.SIMULATED_LATENTS, **key)
        z = vae.prior.current().draw(noise)
        output = vae.decode(z)
        chances = uniform(output.shape, purpose=Purpose.SIMULATED_PIXELS, **key)
        return z, vae.likelihood.draw(output, chances)

    z, images = draw()
    return z.numpy(), images.numpy()
