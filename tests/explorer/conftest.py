"""Pages in Chromium, of the files that a test names or of untrained models."""

import re
import shutil

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

import numpy_model
from browsing import describe, random_weights, rounded
from explore import page_data, read_sources
from vae.explorer.assembly import assemble

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


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
def visit(browser):
    """Opens a file, which must ask for nothing elsewhere and complain of nothing."""
    pages, requests, complaints = [], [], []

    def visit(path, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield visit
    for page in pages:
        page.close()
    assert complaints == []
    elsewhere = [u for u in requests if not u.startswith(("file:", "blob:null/"))]
    assert elsewhere == []


@pytest.fixture
def open_page(tmp_path, visit):
    """Opens a page of an untrained model; returns it, the model, its images."""

    rng = np.random.default_rng(1)

    def open_page(options=None, edit=("", ""), **changes):
        trained = describe(**changes)
        pixels = rng.integers(256, size=(60, *trained.image_shape), dtype=np.uint8)
        pixels = np.uint8(255 * (pixels > 128)) if trained.binary else pixels
        labels = np.arange(60) % max(1, len(trained.class_names))
        images = {"test_images": pixels, "test_labels": labels}
        images |= {"train_images": pixels, "train_labels": labels}
        weights = random_weights(trained, rng)
        model = numpy_model.make_model(weights, **trained.model)
        latents = {
            "label": labels,
            "loc": rng.normal(size=(60, model.latent_dim)),
            "rate_by_dimension": rng.random(model.latent_dim),
            "prior_loc": rounded(model.prior_loc),
            "prior_scale": rounded(model.prior_scale),
        }
        prior = {k: np.float64(v) for k, v in latents.items() if k.startswith("prior")}
        path = tmp_path / "explorer.html"
        text = assemble(page_data(weights, images, latents, trained), read_sources())
        path.write_text(re.sub(*edit, text), encoding="utf-8")
        page = visit(path, **(options or {}))
        return page, model._replace(**prior), pixels.reshape(60, -1) / 255

    return open_page
