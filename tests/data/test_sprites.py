"""Images drawn by a rule: which pixels, and in which order."""

import hashlib

import numpy as np
import pytest

from conftest import TINY
from vae.data.images import complete
from vae.data.sprites import FACTORS, choose_side, draw_sprites
from vae.pipeline.errors import PipelineError
from vae.pipeline.schema import Download

SQUARE, ELLIPSE, HEART = range(3)


def settings(size):
    return Download(**(TINY["download"] | {"dataset": "sprites", "size": size}))


@pytest.fixture(scope="module")
def sprites():
    return draw_sprites(settings("original"))


@pytest.fixture(scope="module")
def white(sprites):
    """Return where images [*factors, rows, columns] are white."""
    return sprites["train_images"].reshape(*FACTORS.values(), 32, 32) == 255


def test_the_same_images_are_drawn_on_every_machine(sprites):
    digest = hashlib.sha256(sprites["train_images"].tobytes()).hexdigest()
    assert digest.startswith("5e9e0a197ec60c55bc26")


def test_there_is_an_image_of_each_combination_and_the_class_is_the_shape(sprites):
    factors = sprites["train_factors"]
    assert len(np.unique(factors, axis=0)) == len(factors) == 61_440
    assert (factors.max(axis=0) + 1).tolist() == [*FACTORS.values()]
    np.testing.assert_array_equal(sprites["train_labels"], factors[:, 0])
    assert set(np.unique(sprites["train_images"])) == {0, 255}
    assert list(complete(sprites)["factor_names"]) == [*FACTORS]


def test_a_shape_lies_at_its_position(white):
    """The centroid is within a pixel of it; that of a heart differs from its center."""
    expected = 32 * (15 + 2 * np.arange(16)) / 60 - 0.5
    along_x, along_y = white[:, :, :, :, 0], white[:, :, :, 0]
    for images, others in ((along_x, -2), (along_y, -1)):
        share = images.sum(others) / images.sum((-1, -2))[..., None]
        centroid = share @ np.arange(32)  # [shape, size, rotation, position]
        error = np.abs(centroid - expected)
        assert error[[SQUARE, ELLIPSE]].max() < 0.5
        assert error[HEART].max() < 1.5


def test_shapes_have_the_areas_of_their_formulas_and_are_not_cut(white):
    """Areas are in squared radii. The heart is a square and two half discs."""
    area = white.sum((-1, -2)).mean((2, 3, 4))  # [shape, size]
    radius = 32 * (3 + np.arange(4)) / 24
    heart = (800 / 1024) ** 2 * (2 + np.pi / 2)
    expected = np.array([4 * (716 / 1024) ** 2, np.pi / 2, heart])[:, None] * radius**2
    np.testing.assert_allclose(area, expected, rtol=0.04)
    lowest = white.sum((-1, -2)).min((3, 4))[:, -1]
    assert (lowest > 0.9 * expected[:, -1:]).all()


def test_the_tip_of_a_heart_that_is_not_turned_points_down(white):
    rows = white[HEART, -1, 0, 7, 7].sum(axis=1)
    rows = rows[rows > 0]
    assert rows[-1] == rows.min() < rows[3]


def test_images_have_the_side_of_the_parameter_if_it_is_useful():
    assert [choose_side(x) for x in ("original", [64, 64])] == [32, 64]
    for size in ([15, 15], [64, 32]):
        with pytest.raises(PipelineError, match=r"^params.yaml: download.size: rec"):
            choose_side(size)
