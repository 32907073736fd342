"""Untrained models, their pages in Chromium, and the mathematics without a page."""

import math
import re
import shutil

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

import numpy_model
from conftest import CLASSES, TINY
from explore import page_data, read_sources
from vae.explorer.assembly import assemble, join_modules
from vae.model import VAE
from vae.pipeline.trained import Description, named_weights

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
NUM_IMAGES = 60


def rounded(array):
    """Round to 16 significant bits, as the page has all numbers."""
    words = np.asarray(array, "f4").view("u4")
    return np.asarray(words & 0xFFFFFF00).view("f4")


def make_untrained(*, data="MNIST", classes=CLASSES, side=12, binary=True, **changes):
    """Make an untrained model in NumPy, its images, and the data of its page."""
    rng = np.random.default_rng(1)
    settings = TINY["model"] | {"hidden_units": [18, 7]} | changes
    binarization = "dynamic" if binary else "none"
    trained = Description(settings, [side, side], data, classes, binarization, binary)
    weights = {}
    variables = VAE(num_pixels=trained.num_pixels, **settings).variables
    for name, start in named_weights(variables).items():
        draw = rng.normal if name.endswith(("kernel", "bias")) else rng.random
        width = len(start) if name.endswith("kernel") else 16
        weights[name] = rounded(draw(size=start.shape) / math.sqrt(width))
    model = numpy_model.make_model(weights, **settings)
    prior = {k: rounded(getattr(model, k)) for k in ("prior_loc", "prior_scale")}
    pixels = rng.integers(256, size=(NUM_IMAGES, side, side), dtype=np.uint8)
    pixels = np.uint8(255 * (pixels > 128)) if binary else pixels
    x = pixels.reshape(NUM_IMAGES, -1) / 255
    labels = np.arange(NUM_IMAGES) % max(1, len(classes))
    latents = {
        "label": labels,
        "loc": numpy_model.posterior(model, x)[0],
        "rate_by_dimension": rng.random(model.latent_dim),
        **prior,
    }
    images = {"test_images": pixels, "test_labels": labels}
    images |= {"train_images": pixels, "train_labels": labels}
    model = model._replace(**{name: np.float64(x) for name, x in prior.items()})
    return model, x, page_data(weights, images, latents, trained)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium; it is Debian's package chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Opens a page of an untrained model; returns it, the model, its images.

    The page must ask for nothing elsewhere, and complain of nothing but `problem`.
    """
    pages, requests, complaints, expected = [], [], [], []

    def open_page(options=None, edit=("", ""), problem=None, more=(), **changes):
        model, x, data = make_untrained(**changes)
        path = tmp_path / "explorer.html"
        text = re.sub(*edit, assemble([data, *more], read_sources()))
        path.write_text(text, encoding="utf-8")
        page = browser.new_page(**(options or {}))
        pages.append(page)
        expected.extend([problem] if problem else [])
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page, model, x

    yield open_page
    for page in pages:
        page.close()
    assert complaints == expected
    assert all(url.startswith(("file:", "blob:null/")) for url in requests)


# Runs the worker's script in a page: `send` gives it a message, `received` has all.
START = """() => {
    window.received = [];
    const post = (message) => received.push(structuredClone(message));
    const [core, send] = ((postMessage, onmessage) => {
        %s
        return [modules, (data) => onmessage({ data })];
    })(post);
    Object.assign(window, { send }, ...Object.values(core));
}"""


@pytest.fixture(scope="module")
def core(browser):
    """A blank page with the worker's modules, each export of which has its name."""
    page = browser.new_page()
    entry = 'import {} from "./worker.js";\nimport {} from "./drawing.js";\n'
    page.evaluate(START % join_modules(read_sources() | {"core/": entry}, "core/"))
    return page


@pytest.fixture
def load_model(core):
    """Loads an untrained model into `core`; returns it and its images."""

    def load_model(**changes):
        model, x, data = make_untrained(**changes)
        core.evaluate(
            """([data, images]) => {
                const [loc, scale] = [data.prior.loc, data.prior.scale].map(readFloats);
                const prior = makePrior(loc, scale, data.description.model.latent_dim);
                window.model = readModel(data, prior);
                window.images = images.map((x) => Float32Array.from(x));
            }""",
            [data, x.tolist()],
        )
        return model, x

    return load_model
