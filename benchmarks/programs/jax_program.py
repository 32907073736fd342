"""JAX with optax: a whole epoch is one compiled scan, its buffers donated."""

import functools
import itertools

import jax
import jax.numpy as jnp
import optax
from jax.nn.initializers import glorot_uniform, he_uniform

from programs.configurations import LEARNING_RATE
from programs.worker import Program, serve

ACTIVATIONS = {
    "gelu": functools.partial(jax.nn.gelu, approximate=False),
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
}


def init_network(key, widths):
    initializers = [he_uniform()] * (len(widths) - 2) + [glorot_uniform()]
    keys = jax.random.split(key, len(initializers))
    shapes = itertools.pairwise(widths)
    return [
        {"kernel": initializer(key, shape), "bias": jnp.zeros(shape[1])}
        for key, shape, initializer in zip(keys, shapes, initializers, strict=True)
    ]


def apply_network(layers, x, activation):
    *hidden, output = layers
    for layer in hidden:
        x = activation(x @ layer["kernel"] + layer["bias"])
    return x @ output["kernel"] + output["bias"]


def loss_fn(params, x, key, activation):
    """Negative ELBO, the mean over the batch."""
    encoded = apply_network(params["encoder"], x, activation)
    mean, logvar = jnp.split(encoded, 2, axis=-1)
    z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
    logits = apply_network(params["decoder"], z, activation)
    bce = optax.sigmoid_binary_cross_entropy(logits, x).sum(axis=-1)
    kl = 0.5 * (jnp.exp(logvar) + mean**2 - 1.0 - logvar).sum(axis=-1)
    return (bce + kl).mean()


def make(configuration, images):
    optimizer = optax.adam(LEARNING_RATE)
    activation = ACTIVATIONS[configuration.activation]
    images = jax.device_put(images)

    def train_step(images, carry, batch):
        params, opt_state = carry
        indices, key = batch
        pixel_key, latent_key = jax.random.split(key)
        x = images[indices] / jnp.float32(255)
        if configuration.dynamic:
            x = jax.random.bernoulli(pixel_key, x).astype(jnp.float32)
        loss, grads = jax.value_and_grad(loss_fn)(params, x, latent_key, activation)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), loss

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def train_epoch(params, opt_state, images, key):
        order_key, key = jax.random.split(key)
        order = jax.random.permutation(order_key, len(images))
        shape = (configuration.num_steps, configuration.batch_size)
        batches = order[: shape[0] * shape[1]].reshape(shape)
        keys = jax.random.split(key, configuration.num_steps)
        step = functools.partial(train_step, images)
        (params, opt_state), losses = jax.lax.scan(
            step, (params, opt_state), (batches, keys)
        )
        return params, opt_state, losses.mean()

    hidden = configuration.hidden_units
    encoder_key, decoder_key, key = jax.random.split(jax.random.key(1), 3)
    widths = [images.shape[1], *hidden]
    params = {
        "encoder": init_network(encoder_key, [*widths, 2 * configuration.latent_dim]),
        "decoder": init_network(
            decoder_key, [configuration.latent_dim, *reversed(widths)]
        ),
    }
    opt_state = optimizer.init(params)
    epochs = itertools.count()

    def run_epoch():
        nonlocal params, opt_state
        epoch_key = jax.random.fold_in(key, next(epochs))
        params, opt_state, loss = train_epoch(params, opt_state, images, epoch_key)
        return float(loss)

    def negative_elbo(images):
        x = jnp.float32(images) / jnp.float32(255)
        return float(loss_fn(params, x, jax.random.key(2), activation))

    return Program(run_epoch, negative_elbo)


if __name__ == "__main__":
    serve(make)
