"""Train with JAX and optax: an epoch is one compiled scan with donated buffers."""

import functools
import itertools

import jax
import jax.numpy as jnp
import optax
from jax.nn.initializers import glorot_uniform, he_uniform

from programs.worker import LEARNING_RATE, serve

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
        (initializer(key, shape), jnp.zeros(shape[1]))
        for key, shape, initializer in zip(keys, shapes, initializers, strict=True)
    ]


def apply_network(layers, x, activation):
    *hidden, (kernel, bias) = layers
    for hidden_kernel, hidden_bias in hidden:
        x = activation(x @ hidden_kernel + hidden_bias)
    return x @ kernel + bias


def loss_fn(params, x, key, activation):
    """Compute the negative ELBO, averaged over the batch."""
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

    def train_step(images, state, batch):
        params, opt_state = state
        indices, key = batch
        pixel_key, latent_key = jax.random.split(key)
        x = images[indices] / jnp.float32(255)
        if configuration.dynamic:
            x = jax.random.bernoulli(pixel_key, x).astype(jnp.float32)
        loss, grads = jax.value_and_grad(loss_fn)(params, x, latent_key, activation)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), loss

    @functools.partial(jax.jit, donate_argnums=0)
    def train_epoch(state, images, key):
        order_key, key = jax.random.split(key)
        order = jax.random.permutation(order_key, len(images))
        shape = (configuration.num_steps, configuration.batch_size)
        batches = order[: shape[0] * shape[1]].reshape(shape)
        keys = jax.random.split(key, configuration.num_steps)
        step = functools.partial(train_step, images)
        state, losses = jax.lax.scan(step, state, (batches, keys))
        return state, losses.mean()

    encoder_key, decoder_key, key = jax.random.split(jax.random.key(1), 3)
    params = {
        "encoder": init_network(encoder_key, configuration.encoder_widths),
        "decoder": init_network(decoder_key, configuration.decoder_widths),
    }
    state = params, optimizer.init(params)
    epochs = itertools.count()

    def run_epoch():
        nonlocal state
        epoch_key = jax.random.fold_in(key, next(epochs))
        state, loss = train_epoch(state, images, epoch_key)
        return float(loss)

    def negative_elbo(images):
        x = jnp.float32(images) / jnp.float32(255)
        return float(loss_fn(state[0], x, jax.random.key(2), activation))

    return run_epoch, negative_elbo


if __name__ == "__main__":
    serve(make)
