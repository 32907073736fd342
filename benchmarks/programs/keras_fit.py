"""Train with Keras `fit`, `jit_compile=True` and one execution per epoch."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from programs.worker import LEARNING_RATE, serve


class VAE(keras.Model):
    """A model whose output is the negative ELBO per image."""

    def __init__(self, configuration):
        super().__init__()
        activation = configuration.activation
        self.encoder = make_network(configuration.encoder_widths, activation)
        self.decoder = make_network(configuration.decoder_widths, activation)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x):
        mean, logvar = ops.split(self.encoder(x), 2, axis=-1)
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        logits = self.decoder(mean + ops.exp(0.5 * logvar) * noise)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
        kl = 0.5 * (ops.exp(logvar) + ops.square(mean) - 1.0 - logvar)
        return ops.sum(bce, axis=-1) + ops.sum(kl, axis=-1)


def make_network(widths, activation):
    inputs, *hidden, outputs = widths
    layers = [
        keras.layers.Dense(units, activation, kernel_initializer="he_uniform")
        for units in hidden
    ]
    layers += [keras.layers.Dense(outputs)]
    return keras.Sequential([keras.Input([inputs]), *layers])


def make(configuration, images):
    keras.utils.set_random_seed(1)
    model = VAE(configuration)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=lambda _, negative_elbo: negative_elbo,
        jit_compile=True,
        steps_per_execution=configuration.num_steps,
    )
    dataset = (
        tf.data.Dataset.from_tensor_slices(images.astype(np.float32) / 255)
        .cache()
        .shuffle(len(images))
        .batch(configuration.batch_size, drop_remainder=True)
    )
    if configuration.dynamic:
        dataset = dataset.map(
            lambda x: tf.cast(tf.random.uniform(tf.shape(x)) < x, tf.float32),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    dataset = dataset.map(lambda x: (x, x)).prefetch(tf.data.AUTOTUNE)

    def run_epoch():
        return model.fit(dataset, verbose=0).history["loss"][0]

    def negative_elbo(images):
        x = images.astype(np.float32) / 255
        return float(ops.mean(model.predict(x, verbose=0)))

    return run_epoch, negative_elbo


if __name__ == "__main__":
    serve(make)
