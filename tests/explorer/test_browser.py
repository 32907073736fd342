"""The page in Chromium, against NumPy on the same weights, used as a reader does."""

import math
import re

import numpy as np
import pytest
import scipy.stats
from safetensors.numpy import load_file

import numpy_model
from browsing import (
    STATE,
    describe,
    frame,
    grid_done,
    pixels_of,
    position_in,
    run,
    settled,
    shown,
    z_of,
)
from conftest import ROOT
from vae.data.images import scale_image
from vae.data.ink import fit_ink
from vae.data.pictures import read_picture, write_pngs
from vae.explorer import packing
from vae.pipeline.trained import read_description

RNG = np.random.default_rng(0)


def compute_terms(page, images, noise):
    """Rates, distortions and log weights as the page has them."""
    code = """argument[0].map((x, i) => {
        const noise = Float64Array.from(argument[1][i]);
        const found = terms(model, Float32Array.from(x), noise);
        return [[found.rate], [...found.distortions], [...found.logWeights]];
    })"""
    found = run(page, code, [images.tolist(), noise.tolist()])
    rates, distortions, log_weights = zip(*found, strict=True)
    return np.ravel(rates), np.array(distortions).T, np.array(log_weights).T


@pytest.mark.parametrize(
    "changes",
    [
        *[{"activation": name} for name in numpy_model.ACTIVATIONS],
        {"latent_dim": 1, "likelihood": "gaussian", "binary": False},
        {"latent_dim": 2, "likelihood": "continuous_bernoulli", "binary": False},
        {"latent_dim": 20, "likelihood": "gaussian", "gaussian_scale": 0.3},
        {"hidden_units": [5], "binary": False},
        {"latent_dim": 1, "prior": "vamp"},
        {"latent_dim": 2, "prior": "vamp"},
        {"latent_dim": 20, "prior": "vamp", "pseudo_inputs": 7},
        {"latent_dim": 2, "prior": "flow"},
        {"latent_dim": 5, "prior": "flow", "flow_layers": 3},
        {"hidden_units": list(range(3, 14)), "side": 7},  # 10 and 11 come after 9
    ],
    ids=str,
)
def test_numbers_are_those_of_numpy(open_page, changes):
    page, model, images = open_page(**changes)
    noise = RNG.normal(size=(50, 6, model.latent_dim))
    received = compute_terms(page, images[:50], noise.reshape(50, -1))
    expected = numpy_model.terms(model, images[:50], noise.transpose(1, 0, 2))
    for ours, theirs in zip(received, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-3)
    bernoulli = changes.get("likelihood", "bernoulli") == "bernoulli"
    suits = bernoulli == changes.get("binary", True)
    assert page.locator("#pseudo").is_hidden() == suits
    if model.latent_dim > 2:
        return
    evidence = numpy_model.log_evidence(model, images[:1], 301)[0]
    assert grid_done(page)["evidence"] == pytest.approx(evidence, abs=0.01)
    axes = "model.prior.extent.map((_, d) => [...makeAxis(model.prior, d).logWeight])"
    log_weight = sum(np.meshgrid(*run(page, axes))).ravel()
    log_posterior = np.array(run(page, f"[...{STATE}.terms.logPosterior]"))
    assert np.exp(log_posterior + log_weight).sum() == pytest.approx(1, abs=1e-4)


def test_what_is_shown_follows_from_the_terms(open_page):
    page, model, images = open_page(latent_dim=2)
    page.locator("#choice").press("ArrowRight")
    page.locator("#choice").press("ArrowRight")
    numbers = grid_done(page)
    counts, bounds = run(page, f"[{STATE}.terms.counts, {STATE}.terms.bounds]")
    noise = np.array(run(page, "[...drawMirrored(1, 500, latentDim)]"))
    noise = noise.reshape(500, 1, 2)
    rate, distortion, _ = numpy_model.terms(model, images[2:3], noise)
    assert numbers["rate"] == pytest.approx(rate[0], abs=0.006)
    assert numbers["distortion"] == pytest.approx(distortion.mean(), abs=0.006)
    elbo = -numbers["rate"] - numbers["distortion"]
    assert numbers["elbo"] == pytest.approx(elbo, abs=0.011)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(noise.std(axis=0), 1)
    assert abs(np.mean(noise[:, 0, 0] * noise[:, 0, 1])) < 0.1
    assert scipy.stats.kstest(noise[:, 0, 0], "norm").pvalue > 0.01
    for key, size in (("Shift", 50), ("Home", 1), ("End", 500)):
        page.locator("#num-samples").press(key)
        frame(page)
        found = bounds[counts.index(size)]
        assert shown(page)["bound"] == pytest.approx(found, abs=0.006)


@pytest.mark.long
def test_the_committed_page_has_the_numbers_of_its_model(visit, tmp_path):
    page = visit(ROOT / "results/explorer.html")
    save(page, tmp_path)
    model = numpy_model.load_model(tmp_path)
    images = np.array(run(page, "images.slice(0, 4).map((x) => [...x])"))
    noise = RNG.normal(size=(4, 8, 2))
    rate, distortions, _ = compute_terms(page, images, noise.reshape(4, -1))
    expected = numpy_model.terms(model, images, noise.transpose(1, 0, 2))
    np.testing.assert_allclose(rate, expected[0], atol=0.001)
    np.testing.assert_allclose(distortions, expected[1], atol=0.01)
    exact = numpy_model.log_evidence(model, images, 301)
    for evidence in exact:
        assert grid_done(page)["evidence"] == pytest.approx(evidence, abs=0.006)
        page.locator("#choice").press("ArrowRight")
    draw_two(page)
    numbers = grid_done(page)
    assert numbers["elbo"] < numbers["bound"] < numbers["evidence"] + 0.02


def draw_two(page):
    """Draw a 2 with the mouse; what is shown of it."""
    angles = np.linspace(1.1 * math.pi, -0.5 * math.pi, 12)
    arc = zip(0.5 + 0.2 * np.cos(angles), 0.35 - 0.15 * np.sin(angles), strict=True)
    first, *others = [*arc, (0.3, 0.8), (0.5, 0.78), (0.7, 0.8)]
    page.mouse.move(*position_in(page, "#pad", *first))
    page.mouse.down()
    for place in others:
        page.mouse.move(*position_in(page, "#pad", *place))
    page.mouse.up()
    frame(page)
    assert page.locator("#image-name").inner_text() == "your drawing"
    return settled(page)


def test_a_drawing_is_encoded(open_page):
    page, model, _ = open_page(latent_dim=2, side=28)
    grid_done(page)
    draw_two(page)
    numbers = grid_done(page)
    assert numbers["elbo"] < numbers["bound"] < numbers["evidence"] + 1
    x = np.array(run(page, f"[...{STATE}.x]"))
    assert set(x) == {0, 1} and 50 < x.sum() < 400
    evidence = numpy_model.log_evidence(model, x[None], 201)[0]
    assert numbers["evidence"] == pytest.approx(evidence, abs=0.01)
    rows, columns = np.nonzero(x.reshape(28, 28))
    assert abs(rows.mean() - 13.5) < 1 and abs(columns.mean() - 13.5) < 1
    assert 18 <= np.ptp(rows) + 1 <= 20


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_own_images_without_labels_are_shown_as_in_their_files(open_page, latent_dim):
    page, *_ = open_page(data="own data", classes=[], latent_dim=latent_dim)
    assert page.locator("#classes button").count() == 0
    frame(page)
    assert page.locator("#image-name").inner_text() == "test image 1"
    assert run(page, "channels('one')") == [255] * 3
    x, y = position_in(page, "#pad", 0.25, 0.25)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(*position_in(page, "#pad", 0.75, 0.25))
    image = np.reshape(run(page, f"[...{STATE}.x]"), (12, 12))
    assert image[3, 4:8].all() and not image[6:].any()  # where it was drawn


def test_a_drawing_becomes_the_image_that_a_file_becomes(open_page, tmp_path):
    page, *_ = open_page()
    bars, noise = np.zeros((280, 280), np.uint8), np.zeros((90, 70), np.uint8)
    bars[20:140, 40:70] = bars[100:131, 60:200] = 255
    noise[11:85, 3:40] = RNG.integers(256, size=(74, 37))
    faint = np.uint8(noise // 5)
    shapes = [(28, 28), (6, 4)]
    code = """[[28, 28], [6, 4]].map(
        (shape) => [fitInk, scaleInk].map((fit) => [...fit(argument, shape)])
    )"""
    odd = np.uint8(255 * (np.add.outer(np.arange(51), np.arange(64)) % 63 == 7))
    for ink in (bars, noise, faint, faint.T, noise[:, :40], odd):
        results = run(page, code, ink.tolist())
        for shape, (received, whole) in zip(shapes, results, strict=True):
            expected = fit_ink(ink, shape).ravel()
            np.testing.assert_allclose(received, expected, atol=1e-6)
            expected = scale_image(ink, shape).ravel() / 255
            np.testing.assert_allclose(whole, expected, atol=1e-6)
            if ink.max() == 255 and not np.any(ink[0]):  # as on the pad
                write_pngs({tmp_path / "drawing.png": ink / 255}, zoom=1)
                file = read_picture(tmp_path / "drawing.png", shape, "MNIST").ravel()
                np.testing.assert_allclose(received, file, atol=1e-6)


def test_the_pointer_decodes_and_moves_the_view(open_page):
    page, model, _ = open_page(latent_dim=3)
    before = z_of(page)
    page.mouse.move(*position_in(page, "#plane", 0.75, 0.25))
    frame(page)
    plane = run(page, "shown")
    z = z_of(page)
    np.testing.assert_allclose(z[plane], [2.1, 2.1], atol=0.05)
    assert (z == before).sum() == 1  # the third stays
    decoded = run(page, "[...decodeImages([zOf(store.state)])[0]]")
    np.testing.assert_allclose(decoded, numpy_model.mean(model, z), atol=1e-5)
    ink = 255 + np.array(decoded) * (0x16 - 255)  # from #ffffff to #16181d
    np.testing.assert_allclose(pixels_of(page, "decoded", 12)[:, 0], ink, atol=1)
    page.mouse.down()
    page.mouse.move(*position_in(page, "#plane", 0.5, 0.25))
    page.mouse.up()
    page.mouse.move(*position_in(page, "#plane", 0.51, 0.25))
    np.testing.assert_allclose(z_of(page)[plane], [2.2, 2.1], atol=0.05)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.mouse.move(*position_in(page, "#plane", 0.01, 0.25))
    expected = [2.2 - 4.2 / math.e, 2.1]  # what the wheel was over stays there
    np.testing.assert_allclose(z_of(page)[plane], expected, atol=0.05)


def test_the_keyboard_reaches_everything(open_page):
    page, model, _ = open_page(latent_dim=2, prior="vamp")
    settled(page)
    interactive = """[...document.querySelectorAll(
        "a, button, input, summary, [tabindex='0']"
    )].filter((e) => !e.disabled && e.checkVisibility({visibilityProperty: true}))"""
    wanted, reached = run(page, f"{interactive}.length"), set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.add(run(page, f"{interactive}.indexOf(document.activeElement)"))
    assert reached == set(range(wanted))
    before = z_of(page)
    page.locator("#plane").press("ArrowRight")
    page.locator("#plane").press("ArrowDown")
    after = z_of(page)
    assert after[0] > before[0] and after[1] < before[1]
    page.locator("#dimensions input").first.press("Home")
    dimension = run(page, "order[0].dimension")
    loc, scale = model.prior_loc[:, dimension], model.prior_scale[:, dimension]
    end = loc.mean() - 4 * np.sqrt((scale**2).mean() + loc.var())
    np.testing.assert_allclose(z_of(page)[dimension], end, rtol=1e-3)
    page.locator("#sample").press("Enter")
    frame(page)
    assert page.locator("#prior-samples").is_visible()
    page.locator("#way").press("End")
    end = run(page, "[...encode(model, images[1]).loc]")
    np.testing.assert_allclose(z_of(page), end)
    pad = page.locator("#pad")
    for key in [" ", *["ArrowDown"] * 8, *["ArrowRight"] * 3]:
        pad.press(key)
    assert run(page, f"{STATE}.x.some((value) => value === 1)")
    assert math.isfinite(settled(page)["elbo"])


@pytest.mark.parametrize("latent_dim", [1, 2, 20])
def test_nothing_is_wider_than_the_screen(open_page, latent_dim):
    page, *_ = open_page(latent_dim=latent_dim)
    settled(page)
    page.click("#sample")
    inside = """(e) => {
        const right = (element) => element.getBoundingClientRect().right;
        return right(e) <= right(e.closest("section"));
    }"""
    everything = "[...document.querySelectorAll('section *')]"
    for width in (320, 768, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(f"{everything}.every({inside})")


def test_the_page_follows_to_the_dark(open_page):
    page, *_ = open_page({"color_scheme": "light"})
    colors = "[color('paper'), color('class-0')]"
    light = run(page, colors)
    page.emulate_media(color_scheme="dark")
    assert run(page, colors) != light
    frame(page)
    assert pixels_of(page, "gallery", 12).min() < 40


def save(page, folder):
    """Save the model from the page to where tools read it."""
    downloads = []
    page.on("download", lambda download: downloads.append(download))
    with page.expect_download(lambda _: len(downloads) == 2):
        page.click("#save")
    for download in downloads:
        download.save_as(folder / "results" / download.suggested_filename)


def test_the_model_is_saved_as_it_is_used_if_the_page_has_all(open_page, tmp_path):
    page, model, _ = open_page(likelihood="gaussian", gaussian_scale=0.3)
    save(page, tmp_path)
    assert read_description(tmp_path) == describe(
        likelihood="gaussian", gaussian_scale=0.3
    )
    weights = load_file(tmp_path / "results/model.safetensors")
    assert set(weights) == set(model.weights)
    for name, array in weights.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, model.weights[name])
    assert open_page(prior="vamp")[0].locator("#save").is_hidden()


def test_names_are_text(open_page):
    name = "<img src=x onerror=alert(1)></script><b>"
    page, *_ = open_page(classes=[name, "b"])
    settled(page)
    assert page.locator("#classes button").first.inner_text() == name
    page.locator("#classes button").first.click()
    assert page.locator("img").count() == 0 and page.locator("b").count() == 0


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("", ""), r"The model has [\d,]+ weights, more than this page can hold\."),
        (('"tanh"', '"sine"'), "does not know the activation sine"),
        (('"bernoulli"', '"poisson"'), "does not know the likelihood poisson"),
        ((r'"prior":{[^}]+}', '"prior":null'), "does not know the prior standard"),
    ],
)
@pytest.mark.parametrize("latent_dim", [1, 3])
def test_the_page_says_what_it_cannot_show(
    open_page, monkeypatch, edit, message, latent_dim
):
    monkeypatch.setattr(packing, "MAX_WEIGHTS", 10**7 if edit[0] else 10)
    page, *_ = open_page(latent_dim=latent_dim, edit=edit)
    problem = page.locator("#problem").inner_text()
    assert re.search(f"{message}.* Only the plane is shown", problem)
    assert page.locator("#plane").is_visible()
    for name in ("#pad", "#bounds", "#sample", "#race-section"):
        assert page.locator(name).is_hidden()
    page.click("#zoom-in")


def test_too_wide_a_layer_has_no_grid(open_page):
    page, *_ = open_page(latent_dim=2, hidden_units=[1200, 4])
    assert "evidence" not in settled(page)
    assert "1200 units, too many" in page.locator("#grid-text").inner_text()
