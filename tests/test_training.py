import numpy as np
import pytest
import tensorflow as tf

from vae.errors import PipelineError
from vae.model import VAE, observations
from vae.noise import Purpose, draw_binary, standard_normal
from vae.objectives import Capacity, ImportanceWeighted, WeightedElbo
from vae.training import Trainer, warm_cosine

IMAGES, VALIDATION, PIXELS, LATENT = 11, 5, 6, 2


def make_images(count=IMAGES, seed=0):
    return np.random.default_rng(seed).integers(256, size=(count, PIXELS), dtype="u1")


ELBO = WeightedElbo(beta=1.0, warmup_epochs=0)


def make_trainer(images=None, objective=ELBO, **changes):
    settings = dict(
        dynamic=True,
        epochs=2,
        batch_size=3,
        num_samples=2,
        learning_rate=0.01,
        schedule="constant",
        seed=7,
    )
    vae = VAE(
        num_pixels=PIXELS,
        latent_dim=LATENT,
        hidden_units=[8],
        activation="tanh",
        likelihood="bernoulli",
        gaussian_scale="learned",
        seed=1,
    )
    images = make_images() if images is None else images
    validation = make_images(VALIDATION, 1)
    return Trainer(vae, objective, images, validation, **(settings | changes))


def assert_same_weights(trainer, weights):
    for name, array in trainer.vae.named_weights().items():
        np.testing.assert_array_equal(array, weights[name], err_msg=name)


@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize(
    "objective",
    [WeightedElbo(4.0, 3), Capacity(10.0, 2.0, 3), ImportanceWeighted()],
    ids=["elbo", "capacity", "iwae"],
)
def test_an_epoch_is_a_plain_loop_over_shuffled_batches(dynamic, objective):
    trainer = make_trainer(objective=objective, dynamic=dynamic)
    rates, distortions = trainer.run_epoch(1)

    plain = make_trainer(objective=objective, dynamic=dynamic)
    shuffler = np.random.SeedSequence(7, spawn_key=(1, 1))
    order = np.random.default_rng(shuffler).permutation(IMAGES)
    for i in range(IMAGES // 3):
        images = make_images()[order[3 * i : 3 * i + 3]]
        key = {"seed": 7, "index": IMAGES // 3 + i}

        @tf.function(jit_compile=True)
        def draw(images=images, key=key):
            pixels, latents = Purpose.TRAINING_PIXELS, Purpose.TRAINING_LATENTS
            x = draw_binary(images, purpose=pixels, **key)
            return x, standard_normal([2, 3, LATENT], purpose=latents, **key)

        x, noise = draw()
        if not dynamic:
            x = observations(images)
        with tf.GradientTape() as tape:
            terms = plain.vae.terms(x, noise)
            progress = tf.constant(1 + i / (IMAGES // 3))
            loss = tf.reduce_mean(objective.loss(terms, progress))
        plain.optimizer.apply(
            tape.gradient(loss, plain.vae.variables), plain.vae.variables
        )
        np.testing.assert_allclose(rates[i], np.mean(terms.rate), rtol=1e-4)
        np.testing.assert_allclose(distortions[i], np.mean(terms.distortion), rtol=1e-4)
    for name, array in plain.vae.named_weights().items():
        np.testing.assert_allclose(
            trainer.vae.named_weights()[name], array, rtol=1e-3, atol=1e-5
        )


def test_training_is_a_function_of_its_seed():
    first, again, other = make_trainer(), make_trainer(), make_trainer(seed=8)
    for trainer in (first, again, other):
        trainer.run_epoch(0)
    assert_same_weights(first, again.vae.named_weights())
    with pytest.raises(AssertionError):
        assert_same_weights(first, other.vae.named_weights())


def test_an_epoch_does_not_depend_on_validation():
    first, second = make_trainer(), make_trainer()
    for epoch in range(2):
        first.run_epoch(epoch)
        first.validate(epoch)
        second.run_epoch(epoch)
    assert_same_weights(first, second.vae.named_weights())


def test_dynamic_pixels_are_drawn_anew_at_each_step():
    images = np.full([6, PIXELS], 128, np.uint8)
    trainer = make_trainer(images, learning_rate=1e-30)  # so that only the draw differs
    seen = np.concatenate([trainer.run_epoch(epoch)[1] for epoch in range(2)])
    assert len(np.unique(seen)) == len(seen) == 4


def test_one_batch_is_learned_by_heart():
    # Two images, one black and one white: one nat says which, the rest is certain.
    images = np.repeat(np.array([[0], [255]], np.uint8), PIXELS, axis=1)
    trainer = make_trainer(
        images, batch_size=2, epochs=400, learning_rate=0.03, schedule="cosine"
    )
    for epoch in range(400):
        rate, distortion = trainer.run_epoch(epoch)
    assert np.log(2) * 0.9 < rate[-1] < 2
    assert distortion[-1] < 0.5


def test_a_high_beta_lowers_the_rate():
    images = np.repeat(np.array([[0], [255]], np.uint8), PIXELS, axis=1)
    rates = []
    for beta in (0.1, 30.0):
        objective = WeightedElbo(beta, 0)
        trainer = make_trainer(images, objective, batch_size=2, learning_rate=0.03)
        for epoch in range(200):
            rate, _ = trainer.run_epoch(epoch)
        rates.append(rate[-1])
    assert rates[0] > 1 > 0.1 > rates[1]


def test_capacity_holds_the_rate():
    images = np.repeat(np.array([[0], [255]], np.uint8), PIXELS, axis=1)
    objective = Capacity(gamma=100.0, capacity=1.5, capacity_epochs=100)
    trainer = make_trainer(images, objective, batch_size=2, learning_rate=0.01)
    achieved = [trainer.run_epoch(epoch)[0][-1] for epoch in range(300)]
    assert abs(achieved[60] - 0.9) < 0.3
    assert abs(achieved[-1] - 1.5) < 0.1


def test_the_cosine_schedule_rises_and_ends_at_zero():
    rate_at = warm_cosine(0.01, 400)
    steps = [0, 10, 20, 20 + 380 // 2, 400]
    expected = [0, 0.005, 0.01, 0.005, 0]
    np.testing.assert_allclose([rate_at(s) for s in steps], expected, atol=1e-8)
    for num_steps in (1, 3, 19):  # too few for a rise
        np.testing.assert_allclose(warm_cosine(0.01, num_steps)(0), 0.01)


def test_validation_has_a_value_for_each_image():
    rate, distortion = make_trainer().validate(0)
    assert rate.shape == distortion.shape == (VALIDATION,)


def test_a_batch_larger_than_the_training_set_is_refused():
    message = r"train.batch_size: received 12; allowed: at most 11, the number of"
    with pytest.raises(PipelineError, match=message):
        make_trainer(batch_size=12)


@pytest.mark.parametrize(
    ("layer", "name"), [("encoder", "rate"), ("decoder", "distortion")]
)
def test_divergence_names_epoch_step_and_quantity(layer, name):
    trainer = make_trainer()
    getattr(trainer.vae, layer).layers[-1].bias.assign_add(
        np.full(getattr(trainer.vae, layer).layers[-1].bias.shape, np.nan)
    )
    with pytest.raises(PipelineError, match=f"the {name} is nan at epoch 2, step 1"):
        trainer.run_epoch(1)


def test_divergence_shows_in_validation_too():
    trainer = make_trainer()
    trainer.vae.encoder.layers[-1].bias.assign([1e30] * 2 * LATENT)
    message = "the rate is inf at the end of epoch 1, image 1; expected"
    with pytest.raises(PipelineError, match=message):
        trainer.validate(0)
