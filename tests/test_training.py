"""Training against a plain loop, and its result on a few images.

An epoch takes seconds to compile but no time to run. Tests therefore share trainers,
and each starts from the untrained state.
"""

import numpy as np
import pytest

import train
from models import PIXELS, make_vae
from vae.numerics.determinism import tf
from vae.numerics.noise import draw_standard_normal, standard_normal
from vae.numerics.pixels import draw_binary, observations
from vae.numerics.streams import Purpose, seed_sequence
from vae.objectives import Capacity, DoublyReparameterized, WeightedElbo
from vae.pipeline.errors import PipelineError
from vae.training import Recipe, Trainer, warm_cosine

IMAGES, VALIDATION, LATENT = 11, 5, 2
STEPS = IMAGES // 3  # per epoch
RANDOM = np.random.default_rng(0).integers(256, size=(IMAGES, PIXELS), dtype="u1")
GRAY = np.full([IMAGES, PIXELS], 128, np.uint8)
# Two images: the latent identifies the image, with a rate of at most log 2 nats.
BLACK_AND_WHITE = np.repeat(np.array([[0], [255]], np.uint8), PIXELS, axis=1)
ELBO = WeightedElbo(beta=1.0, beta_warmup_epochs=0)


def make_trainer(images, objective=ELBO, dynamic=True, prior="standard", **changes):
    recipe = {
        "epochs": 2,
        "batch_size": 3,
        "num_samples": 2,
        "final_epochs": 0,
        "final_samples": 5,
        "learning_rate": 0.01,
        "weight_decay": 0.0,
        "schedule": "constant",
        "seed": 7,
    }
    vae = make_vae(latent_dim=LATENT, hidden_units=[8], prior=prior, seed=1)
    validation, recipe = RANDOM[:VALIDATION], Recipe(**(recipe | changes))
    return Trainer(vae, objective, recipe, images, validation, dynamic=dynamic)


def state(variables):
    return [variable.numpy() for variable in variables]


def reset(trainer, untrained):
    for variable, array in zip(trainer.variables, untrained, strict=True):
        variable.assign(array)
    return trainer


@pytest.fixture(scope="module")
def compiled():
    trainer = make_trainer(GRAY)
    return trainer, state(trainer.variables)


@pytest.fixture
def trainer(compiled):
    return reset(*compiled)


@tf.function(jit_compile=True)
def drawn(images, step):
    pixels, latents = Purpose.TRAINING_PIXELS, Purpose.TRAINING_LATENTS
    x = draw_binary(images, seed=7, purpose=pixels, index=step)
    noise = standard_normal([2, 3, LATENT], seed=7, purpose=latents, index=step)
    return x, noise


@pytest.mark.parametrize(
    ("objective", "dynamic"),
    [
        (WeightedElbo(4.0, 3), True),
        (Capacity(10.0, 2.0, 3), False),
        (DoublyReparameterized(), True),
    ],
    ids=["elbo", "capacity", "dreg"],
)
def test_an_epoch_is_a_plain_loop_over_shuffled_batches(objective, dynamic):
    received = make_trainer(RANDOM, objective, dynamic)
    terms = received.run_epoch(1)

    plain = make_trainer(RANDOM, objective, dynamic)
    vae, order = plain.vae, seed_sequence(7, Purpose.IMAGE_ORDER, 1)
    order = np.random.default_rng(order).permutation(IMAGES)
    for i in range(STEPS):
        images = RANDOM[order[3 * i : 3 * i + 3]]
        x, noise = drawn(images, tf.constant(STEPS + i))
        x = x if dynamic else observations(images)
        with tf.GradientTape() as tape:
            plain_terms = objective.terms(vae, x, noise)
            losses = objective.loss(plain_terms, tf.constant(1 + i / STEPS))
            loss = tf.reduce_mean(losses)
        plain.optimizer.apply(tape.gradient(loss, vae.variables), vae.variables)
        rate, distortion, _ = map(np.mean, plain_terms)
        expected = {"rate": rate, "distortion": distortion, "loss": loss}
        assert set(terms) == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(terms[name][i], value, rtol=1e-4)
    for one, other in zip(received.vae.variables, vae.variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_training_is_repeatable_and_does_not_depend_on_validation(trainer):
    untrained = state(trainer.variables)
    for epoch in range(2):
        trainer.run_epoch(epoch)
    trained = state(trainer.variables)
    reset(trainer, untrained)
    for epoch in range(2):
        trainer.run_epoch(epoch)
        trainer.validate(np.int32(epoch))
    for one, other in zip(state(trainer.variables), trained, strict=True):
        np.testing.assert_array_equal(one, other)
    assert trainer.validate.experimental_get_tracing_count() == 1


@pytest.mark.skipif(
    not tf.config.list_physical_devices("GPU"), reason="this machine has no GPU"
)
def test_on_a_gpu_two_trainings_have_the_same_bits():
    trained = []
    for _ in range(2):
        trainer = make_trainer(np.resize(RANDOM, [2000, PIXELS]), batch_size=1000)
        for epoch in range(20):
            trainer.run_epoch(epoch)
        trained.append(state(trainer.variables))
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weight_decay_shrinks_the_kernels_alone():
    trainer = make_trainer(GRAY, prior="vamp", weight_decay=0.5)
    for variable in trainer.vae.variables:
        variable.assign(tf.ones(variable.shape))
    gradients = [tf.zeros(v.shape) for v in trainer.vae.variables]
    trainer.optimizer.apply(gradients, trainer.vae.variables)
    for variable in trainer.vae.variables:
        expected = 1 - 0.01 * 0.5 if variable.name == "kernel" else 1.0
        np.testing.assert_allclose(variable, expected)


def test_the_final_epochs_take_their_own_number_of_samples(trainer):
    plain = {"first": trainer, "final": make_trainer(GRAY, num_samples=5)}
    untrained = state(trainer.variables)
    for epoch, name in enumerate(["first", "final"]):
        changed = make_trainer(GRAY, epochs=2, final_epochs=1)
        expected = reset(plain[name], untrained).run_epoch(epoch)
        received = reset(changed, untrained).run_epoch(epoch)
        np.testing.assert_array_equal(received["loss"], expected["loss"])


def test_one_batch_is_overfitted():
    settings = {"batch_size": 2, "epochs": 400, "learning_rate": 0.03}
    trainer = make_trainer(BLACK_AND_WHITE, schedule="cosine", **settings)
    for epoch in range(400):
        terms = trainer.run_epoch(epoch)
    assert np.log(2) * 0.9 < terms["rate"][-1] < 2
    assert terms["distortion"][-1] < 0.5


def test_the_cosine_schedule_rises_and_ends_at_zero():
    rate_at = warm_cosine(0.01, 400)
    steps = [0, 10, 20, 20 + 380 // 2, 400]
    expected = [0, 0.005, 0.01, 0.005, 0]
    np.testing.assert_allclose([rate_at(s) for s in steps], expected, atol=1e-8)
    for num_steps in (1, 3, 19):  # too few for a warm-up
        np.testing.assert_allclose(warm_cosine(0.01, num_steps)(0), 0.01)


def test_validation_has_independent_noise_per_image(trainer):
    received = trainer.validate(np.int32(3))
    assert list(received) == ["rate", "distortion"]
    noise = draw_standard_normal(
        [1, VALIDATION, LATENT], seed=7, purpose=Purpose.VALIDATION_LATENTS, index=3
    )
    terms = trainer.vae.terms(observations(RANDOM[:VALIDATION]), noise)
    expected = {"rate": terms.rate, "distortion": terms.distortion[0]}
    for name, values in expected.items():
        assert received[name].shape == (VALIDATION,)
        np.testing.assert_allclose(received[name], values, rtol=1e-5)


def test_rates_by_dimension_add_up_to_the_rate(trainer):
    rates = trainer.rate_by_dimension().numpy()
    rate = trainer.validate(np.int32(0))["rate"].numpy().mean()
    assert rates.shape == (LATENT,) and rates[0] != rates[1]
    np.testing.assert_allclose(rates.sum(), rate, rtol=1e-5)


def test_the_divergence_error_names_epoch_step_and_quantity(trainer):
    bias = trainer.vae.decoder.layers[-1].bias
    bias.assign(np.full(bias.shape, np.nan))
    message = "distortion is nan at epoch 2, step 1; expected a finite number; lower"
    with pytest.raises(PipelineError, match=message):
        train.run_epoch(trainer, 1)


def test_divergence_in_validation_is_an_error():
    values = {"rate": np.float32([1, np.inf]), "distortion": np.float32([1, np.nan])}
    message = "the rate is inf at the end of epoch 1, image 2; expected"
    with pytest.raises(PipelineError, match=message):
        train.finite_arrays(values, "the end of epoch 1, image")
