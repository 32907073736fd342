"""What reaches the trainer."""

import numpy as np

import train
from vae.objectives import Capacity
from vae.pipeline.params import read_params
from vae.training import Recipe


def test_each_parameter_reaches_the_trainer(tiny):
    recipe = {"num_samples": 3, "final_epochs": 1, "final_samples": 6}
    recipe |= {"batch_size": 5, "weight_decay": 0.2, "schedule": "constant"}
    objective = {"objective": "capacity", "gamma": 7.0}
    tiny(**{f"train__{name}": x for name, x in (recipe | objective).items()})
    images = np.random.default_rng(0).integers(256, size=(41, 6, 4), dtype=np.uint8)
    data = {"train_images": images, "validation_images": images[:7]}
    data["binarization"] = np.array("none")
    trainer = train.make_trainer(read_params(), data)
    assert trainer.recipe == Recipe(epochs=2, learning_rate=0.01, seed=4, **recipe)
    assert trainer.objective == Capacity(gamma=7.0, capacity=2.0, capacity_epochs=2)
    assert not trainer.dynamic
    assert float(trainer.optimizer.learning_rate) == np.float32(0.01)
    output = trainer.vae.decoder.layers[-1].bias
    mean = trainer.vae.likelihood.mean(output.value)
    np.testing.assert_allclose(mean, images.reshape(41, -1).mean(0) / 255, rtol=1e-4)
    gray = {"train_gray": 255 - images, "binarization": np.array("dynamic")}
    trainer = train.make_trainer(read_params(), data | gray)
    assert trainer.dynamic
    np.testing.assert_array_equal(trainer.images, 255 - images.reshape(41, -1))
