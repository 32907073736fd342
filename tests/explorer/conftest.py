"""Untrained models, their pages in Chromium, and the mathematics without a page."""

import math
import re
import shutil
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

import numpy_model
from conftest import CLASSES, TINY
from explore import page_data, read_sources
from vae.explorer.assembly import assemble, join_modules
from vae.pipeline.trained import Description

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
NUM_IMAGES = 60


def rounded(array):
    """Round to 16 significant bits, as the page has all numbers."""
    words = np.asarray(array, "f4").view("u4")
    return np.asarray(words & 0xFFFFFF00).view("f4")


def weight_shapes(trained):
    """Return the shapes of the weights of a model, by name."""
    m = SimpleNamespace(**trained.model)
    widths = [trained.num_pixels, *m.hidden_units]
    networks = {
        "encoder": ("posterior", [*widths, 2 * m.latent_dim]),
        "decoder": ("likelihood", [m.latent_dim, *reversed(widths)]),
    }
    for i in range(m.flow_layers if m.prior == "flow" else 0):
        kept = (m.latent_dim + i % 2) // 2
        sizes = [kept, m.flow_units, m.flow_units, 2 * (m.latent_dim - kept)]
        networks[f"prior.coupling_{i + 1}"] = "output", sizes
    shapes = {}
    for network, (output, sizes) in networks.items():
        layers = [*(f"hidden_{i + 1}" for i in range(len(sizes) - 2)), output]
        for layer, shape in zip(layers, pairwise(sizes), strict=True):
            shapes[f"{network}.{layer}.kernel"] = shape
            shapes[f"{network}.{layer}.bias"] = shape[1:]
    if m.prior == "vamp":
        shapes["prior.pseudo_inputs"] = (m.pseudo_inputs, widths[0])
    if m.likelihood == "gaussian" and m.gaussian_scale == "learned":
        shapes["likelihood.log_scale"] = ()
    return shapes


def make_untrained(*, data="MNIST", classes=CLASSES, side=12, binary=True, **changes):
    """Make an untrained model in NumPy, its images, and the data of its page."""
    rng = np.random.default_rng(1)
    settings = TINY["model"] | {"hidden_units": [18, 7]} | changes
    binarization = "dynamic" if binary else "none"
    trained = Description(settings, [side, side], data, classes, binarization, binary)
    weights = {}
    for name, shape in weight_shapes(trained).items():
        draw = rng.normal if name.endswith(("kernel", "bias")) else rng.random
        width = shape[0] if name.endswith("kernel") else 16
        weights[name] = rounded(draw(size=shape) / math.sqrt(width))
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
