"""Untrained models for pages, and what pages compute."""

import math

import numpy as np

from conftest import CLASSES, TINY
from studies.toy import until
from vae.model import VAE
from vae.pipeline.trained import Description, named_weights


def run(page, code, argument=None):
    """Evaluate an expression, in which each export of a module has its name."""
    names = "Object.assign({}, ...Object.values(modules))"
    return page.evaluate(f"(argument) => {{ with ({names}) return {code}; }}", argument)


def rounded(array):
    """Round to 16 significant bits, as the page has all numbers."""
    words = np.asarray(array, "f4").view("u4")
    return np.asarray(words & 0xFFFFFF00).view("f4")


def describe(*, data="MNIST", classes=CLASSES, side=12, binary=True, **changes):
    """Describe a model with these changes to the settings of TINY."""
    settings = TINY["model"] | {"hidden_units": [18, 7]} | changes
    binarization = "dynamic" if binary else "none"
    return Description(settings, [side, side], data, classes, binarization, binary)


def random_weights(trained, rng):
    """Weights of an untrained model, large enough that z matters."""
    vae = VAE(num_pixels=trained.num_pixels, **trained.model)
    weights = named_weights(vae.variables)
    for name, array in weights.items():
        draw = rng.normal if name.endswith(("kernel", "bias")) else rng.random
        width = len(array) if name.endswith("kernel") else 16
        weights[name] = rounded(draw(size=array.shape) / math.sqrt(width))
    return weights


STATE = "store.state"


def shown(page):
    """The numbers that a reader sees, in nats."""
    names = ("rate", "distortion", "elbo", "repaired", "bound", "rest", "evidence")
    texts = {name: page.locator(f"#{name}").inner_text() for name in names}
    known = {name: text.split()[0] for name, text in texts.items() if text != "–"}
    return {name: float(text.replace("−", "-")) for name, text in known.items()}


def frame(page):
    """Wait until what the state says is drawn."""
    page.evaluate("new Promise((f) => requestAnimationFrame(() => setTimeout(f)))")


def settled(page, name="elbo"):
    """What is shown once the worker has answered."""
    until(lambda: run(page, f"{STATE}.terms !== null && {STATE}.terms.finished"))
    return until(lambda: name in (found := shown(page)) and found)


def grid_done(page):
    until(lambda: run(page, f"{STATE}.terms?.logEvidence !== undefined"))
    return settled(page, "evidence")


def z_of(page):
    return np.array(run(page, f"[...zOf({STATE})]"))


def position_in(page, name, across, down):
    """A position on the screen, of shares of the width and height of an element."""
    page.locator(name).scroll_into_view_if_needed()
    box = page.locator(name).bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def pixels_of(page, name, side):
    """The red, green, blue and opacity of the upper left pixels of a canvas."""
    data = f"$('{name}').getContext('2d').getImageData(0, 0, {side}, {side}).data"
    return np.array(run(page, f"[...{data}]")).reshape(-1, 4)
