"""The page in Chromium, against NumPy on the same weights, used as a reader does."""

import json
import math
import re
import shutil
import time
from base64 import b64decode

import numpy as np
import pytest
import scipy.stats
from playwright.sync_api import sync_playwright
from safetensors.numpy import load_file

import explore
import numpy_model
from conftest import CLASSES, ROOT, TINY
from explore import assemble, gather
from vae.pipeline.params import Params

COMMITTED = ROOT / "results/explorer.html"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SOURCES = {p.name: p.read_text() for p in explore.SOURCES.glob("*.*")}
RNG = np.random.default_rng(0)
INTERACTIVE = "button, input, [tabindex='0']"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium; it is Debian's package chromium"
)


def until(condition, seconds=120):
    """Wait for something that must happen. The page's policy forbids to wait in it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Opens a page, which must ask for nothing elsewhere and complain of nothing."""
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
    assert elsewhere == [] and len(requests) <= 2 * len(pages)  # the page, its worker


def random_weights(model, num_pixels):
    """Of an untrained model, large enough that z matters."""
    weights = {}

    def dense(name, inputs, outputs):
        kernel = RNG.normal(size=(inputs, outputs)) / math.sqrt(inputs)
        weights[f"{name}.kernel"] = kernel.astype("f4")
        weights[f"{name}.bias"] = RNG.normal(size=outputs).astype("f4") / 4

    def network(name, widths, output):
        for i in range(1, len(widths) - 1):
            dense(f"{name}.hidden_{i}", *widths[i - 1 : i + 1])
        dense(f"{name}.{output}", *widths[-2:])

    widths, dim = model["hidden_units"], model["latent_dim"]
    network("encoder", [num_pixels, *widths, 2 * dim], "posterior")
    network("decoder", [dim, *reversed(widths), num_pixels], "likelihood")
    if model["prior"] == "vamp":
        pseudo_inputs = RNG.random((model["pseudo_inputs"], num_pixels))
        weights["prior.pseudo_inputs"] = pseudo_inputs.astype("f4")
    if model["likelihood"] == "gaussian" and model["gaussian_scale"] == "learned":
        weights["likelihood.log_scale"] = np.float32([-0.5]).reshape(())
    return weights


@pytest.fixture
def make_page(tmp_path):
    """Writes a page of an untrained model; returns its path and the model in NumPy."""

    def make_page(*, classes=CLASSES, side=12, count=60, binary=True, **changes):
        model = TINY["model"] | {"hidden_units": [18, 7]} | changes
        params = Params.model_validate(TINY | {"model": model})
        pixels = RNG.integers(256, size=(count, side, side), dtype=np.uint8)
        pixels = np.uint8(255 * (pixels > 128)) if binary else pixels
        labels = np.arange(count, dtype=np.uint8) % len(classes)
        dim = model["latent_dim"]
        latents = {
            "dataset": np.array("Tiny"),
            "class_names": np.array(classes),
            "image_shape": np.array([side, side]),
            "label": labels,
            "loc": RNG.normal(size=(count, dim)).astype("f4"),
            "rate_by_dimension": RNG.random(dim).astype("f4"),
        }
        weights = random_weights(model, side * side)
        trained = numpy_model.make_model(weights, **model)
        latents |= {"prior_loc": trained.prior_loc, "prior_scale": trained.prior_scale}
        images = {"test_images": pixels, "test_labels": labels}
        data = gather(weights, images, latents, params)
        path = tmp_path / "explorer.html"
        path.write_text(assemble(data, SOURCES), encoding="utf-8")
        return path, *read_back(path)

    return make_page


def read_back(path):
    """The model in NumPy and the images, of a page."""
    (text,) = re.findall(r'id="data">(.*?)</script>', path.read_text(), re.S)
    data = json.loads(text)
    weights = {
        tensor["name"]: decode_floats(tensor["data"]).reshape(tensor["shape"])
        for tensor in data["tensors"]
    }
    model = None
    if weights:
        settings = data["settings"] | {"prior": "standard"}
        model = numpy_model.make_model(weights, **settings)
        shape = [-1, model.latent_dim]
        model = model._replace(
            prior_loc=decode_floats(data["prior"]["loc"]).reshape(shape),
            prior_scale=decode_floats(data["prior"]["scale"]).reshape(shape),
        )
    rows = np.frombuffer(b64decode(data["images"]), np.uint8)
    rows = rows.reshape(len(data["labels"]), -1)
    if data["binary"]:
        rows = 255 * np.unpackbits(rows, axis=1, count=math.prod(data["image_shape"]))
    return model, rows / 255


def decode_floats(text):
    packed = np.frombuffer(b64decode(text), np.uint8).reshape(-1, 3)
    return np.pad(packed, [(0, 0), (1, 0)]).view("<f4").ravel()


def compute_terms(page, images, noise):
    """Rates, distortions and log weights as the page has them."""
    code = """([images, noise]) => images.map((x, i) => {
        const found = terms(model, Float32Array.from(x), Float64Array.from(noise[i]));
        return [[found.rate], [...found.distortions], [...found.logWeights]];
    })"""
    found = page.evaluate(code, [images.tolist(), noise.tolist()])
    rates, distortions, log_weights = zip(*found, strict=True)
    return np.ravel(rates), np.array(distortions).T, np.array(log_weights).T


def shown(page):
    """The numbers that a reader sees, in nats."""
    page = page.locator
    names = ("rate", "distortion", "elbo", "bound", "evidence")
    texts = {name: page(f"#{name}").inner_text() for name in names}
    return {
        n: float(t.removesuffix(" nats").replace("−", "-"))
        for n, t in texts.items()
        if t
    }


def settled(page, name="elbo"):
    """What is shown once the worker has answered."""
    until(lambda: page.evaluate("asked === null && answer !== null"))
    return until(lambda: name in (found := shown(page)) and found)


def grid_done(page):
    until(lambda: page.locator("#progress").is_hidden())
    return settled(page, "evidence")


@pytest.mark.parametrize(
    "changes",
    [
        *[{"activation": name} for name in numpy_model.ACTIVATIONS],
        {"latent_dim": 1, "likelihood": "continuous_bernoulli", "binary": False},
        {"latent_dim": 2, "likelihood": "gaussian", "binary": False},
        {"latent_dim": 20, "likelihood": "gaussian", "gaussian_scale": 0.3},
        {"hidden_units": [5]},
        {"prior": "vamp"},
        {"prior": "vamp", "latent_dim": 20, "pseudo_inputs": 7},
        {"hidden_units": list(range(3, 14)), "side": 7},  # 10 and 11 come after 9
    ],
    ids=str,
)
def test_terms_are_those_of_numpy(visit, make_page, changes):
    path, model, images = make_page(**changes)
    page = visit(path)
    noise = RNG.normal(size=(50, 6, model.latent_dim))
    received = compute_terms(page, images[:50], noise.reshape(50, -1))
    expected = numpy_model.terms(model, images[:50], noise.transpose(1, 0, 2))
    for ours, theirs in zip(received, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-3)


@pytest.mark.parametrize(
    ("latent_dim", "likelihood", "prior"),
    [
        (1, "gaussian", "standard"),
        (2, "bernoulli", "standard"),
        (2, "continuous_bernoulli", "standard"),
        (1, "bernoulli", "vamp"),
        (2, "bernoulli", "vamp"),
    ],
)
def test_log_evidence_is_that_of_numpy(visit, make_page, latent_dim, likelihood, prior):
    changes = {"latent_dim": latent_dim, "likelihood": likelihood, "prior": prior}
    path, model, images = make_page(**changes, binary=likelihood == "bernoulli")
    page = visit(path)
    assert grid_done(page)["evidence"] == pytest.approx(
        numpy_model.log_evidence(model, images[:1], 301)[0], abs=0.01
    )
    mass = page.evaluate("""() => {
        const axes = shown.map((d) => makeAxis(model.prior, d));
        const count = axes[0].z.length;
        return answer.logPosterior.reduce((sum, value, i) => {
            const places = single ? [i] : [i % count, Math.floor(i / count)];
            const logWeight = add(places.map((p, d) => axes[d].logWeight[p]));
            return sum + Math.exp(value + logWeight);
        }, 0);
    }""")
    assert mass == pytest.approx(1, abs=1e-4)


def test_what_is_shown_follows_from_the_terms(visit, make_page):
    path, model, images = make_page(latent_dim=2)
    page = visit(path)
    page.locator("#choice").press("ArrowRight")
    page.locator("#choice").press("ArrowRight")
    numbers = grid_done(page)
    noise = np.array(page.evaluate("[...drawMirrored(1, NUM_SAMPLES, latentDim)]"))
    noise = noise.reshape(500, 1, 2)
    rate, distortion, log_weights = numpy_model.terms(model, images[2:3], noise)
    assert numbers["rate"] == pytest.approx(rate[0], abs=0.006)
    assert numbers["distortion"] == pytest.approx(distortion.mean(), abs=0.006)
    elbo = -numbers["rate"] - numbers["distortion"]
    assert numbers["elbo"] == pytest.approx(elbo, abs=0.011)
    groups = log_weights.reshape(10, 50, 1)
    bound = np.mean([numpy_model.iwae_bound(group) for group in groups])
    assert numbers["bound"] == pytest.approx(bound, abs=0.006)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(noise.std(axis=0), 1)
    assert abs(np.mean(noise[:, 0, 0] * noise[:, 0, 1])) < 0.1
    assert scipy.stats.kstest(noise[:, 0, 0], "norm").pvalue > 0.01
    page.locator("#num-samples").press("Home")
    assert shown(page)["bound"] == pytest.approx(log_weights.mean(), abs=0.006)
    page.locator("#num-samples").press("End")
    bound = numpy_model.iwae_bound(log_weights)[0]
    assert shown(page)["bound"] == pytest.approx(bound, abs=0.006)


@pytest.mark.long
def test_the_committed_page_has_the_numbers_of_its_model(visit):
    page = visit(COMMITTED)
    model, images = read_back(COMMITTED)
    images = images[:4]
    noise = RNG.normal(size=(4, 8, 2))
    rate, distortions, _ = compute_terms(page, images, noise.reshape(4, -1))
    expected = numpy_model.terms(model, images, noise.transpose(1, 0, 2))
    np.testing.assert_allclose(rate, expected[0], atol=0.001)
    np.testing.assert_allclose(distortions, expected[1], atol=0.01)
    received = []
    for _ in images:
        received.append(grid_done(page)["evidence"])
        page.locator("#choice").press("ArrowRight")
    exact = numpy_model.log_evidence(model, images, 301)
    np.testing.assert_allclose(received, exact, atol=0.006)
    numbers = draw_two(page)
    assert numbers["elbo"] < numbers["bound"] < numbers["evidence"] + 0.02


def draw_two(page):
    """Draw a 2 with the mouse; what is shown of it."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    arc = [
        (0.5 + 0.2 * math.cos(a), 0.35 - 0.15 * math.sin(a))
        for a in np.linspace(1.1 * math.pi, -0.5 * math.pi, 30)
    ]
    places = [*arc, (0.3, 0.8), (0.5, 0.78), (0.7, 0.8)]
    (x, y), *others = [
        (box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in places
    ]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(x, y, steps=3)
    page.mouse.up()
    page.wait_for_timeout(100)  # it draws with the next frame
    assert page.locator("#choice-text").inner_text() == "none: your drawing"
    return settled(page)


def test_weights_without_the_pseudo_inputs_are_not_saved(visit, make_page):
    for prior in ("standard", "vamp"):
        page = visit(make_page(prior=prior)[0])
        settled(page)
        assert page.locator("#weights-section").is_visible() == (prior == "standard")


def test_sliders_reach_what_the_prior_reaches(visit, make_page):
    path, model, _ = make_page(prior="vamp")
    page = visit(path)
    settled(page)
    page.locator("#dimensions input").first.press("Home")
    end, dimension = page.evaluate("[z[order[0].dimension], order[0].dimension]")
    loc, scale = model.prior_loc[:, dimension], model.prior_scale[:, dimension]
    deviation = np.sqrt((scale**2).mean() + loc.var())
    np.testing.assert_allclose(end, loc.mean() - 4 * deviation, rtol=1e-3)


def test_a_drawing_is_encoded(visit, make_page):
    path, model, _ = make_page(latent_dim=2, side=28)
    page = visit(path)
    grid_done(page)
    numbers = draw_two(page)
    assert numbers["elbo"] < numbers["bound"] < numbers["evidence"] + 1
    x = np.array(page.evaluate("[...current.x]"))
    assert set(x) == {0, 1} and 50 < x.sum() < 400
    evidence = numpy_model.log_evidence(model, x[None], 301)[0]
    assert numbers["evidence"] == pytest.approx(evidence, abs=0.01)
    rows, columns = np.nonzero(x.reshape(28, 28))
    assert abs(rows.mean() - 13.5) < 1 and abs(columns.mean() - 13.5) < 1
    assert 18 <= np.ptp(rows) + 1 <= 20
    page.locator("#choice").press("End")
    page.locator("#pad").focus()  # is no new drawing
    page.wait_for_timeout(100)
    assert page.evaluate("current.x === images[images.length - 1]")
    page.click("#clear")
    page.wait_for_timeout(100)
    assert page.evaluate(
        "document.getElementById('pad').getContext('2d')"
        ".getImageData(0, 0, 280, 280).data.every((v) => v === 0)"
    )


def z_of(page):
    return np.array(page.evaluate("[...z]"))


def test_the_pointer_decodes_and_moves_the_view(visit, make_page):
    path, model, _ = make_page(latent_dim=3)
    page = visit(path)
    before = z_of(page)
    plane = page.locator("#plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    page.wait_for_timeout(50)
    first, second = page.evaluate("shown")
    z = z_of(page)
    np.testing.assert_allclose(z[[first, second]], [2.1, 2.1], atol=0.05)
    assert (z == before).sum() == 1  # the third stays
    decoded = page.evaluate("[...decodeImages([z])[0]]")
    np.testing.assert_allclose(decoded, numpy_model.mean(model, z), atol=1e-5)
    canvas = "document.getElementById('decoded').getContext('2d')"
    pixels = page.evaluate(f"[...{canvas}.getImageData(0, 0, 12, 12).data]")[::4]
    ink = 255 + np.array(decoded) * (0x16 - 255)  # from #ffffff to #16181d
    np.testing.assert_allclose(pixels, ink, atol=1)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.up()
    page.mouse.move(box["x"] + 0.51 * box["width"], box["y"] + 0.25 * box["height"])
    np.testing.assert_allclose(z_of(page)[[first, second]], [2.2, 2.1], atol=0.05)


def test_fingers_move_z_and_the_view(visit, make_page):
    path, *_ = make_page(latent_dim=2)
    page = visit(path, has_touch=True, viewport={"width": 390, "height": 800})
    plane = page.locator("#plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    session = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [
            {"x": box["x"] + u * box["width"], "y": box["y"] + v * box["height"]}
            for u, v in places
        ]
        arguments = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", arguments)

    touch("touchStart", (0.75, 0.25))
    np.testing.assert_allclose(z_of(page), [2.1, 2.1], atol=0.05)
    touch("touchMove", (0.25, 0.25))
    np.testing.assert_allclose(z_of(page), [-2.1, 2.1], atol=0.05)
    touch("touchEnd")
    touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    touch("touchMove", (0.3, 0.5), (0.7, 0.5))  # twice as far apart
    touch("touchEnd")
    touch("touchStart", (0.75, 0.5))
    np.testing.assert_allclose(z_of(page), [1.05, 0], atol=0.05)
    touch("touchEnd")


def test_the_keyboard_reaches_everything(visit, make_page):
    path, *_ = make_page(latent_dim=2)
    page = visit(path)
    settled(page)
    wanted = page.evaluate(
        f"""[...document.querySelectorAll("{INTERACTIVE}")].length"""
    )
    reached = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                f"""[...document.querySelectorAll("{INTERACTIVE}")].indexOf(document.activeElement)"""
            )
        )
    assert reached == set(range(wanted))
    before = z_of(page)
    page.locator("#plane").press("ArrowRight")
    page.locator("#plane").press("ArrowDown")
    after = z_of(page)
    assert after[0] > before[0] and after[1] < before[1]
    page.locator("#dimensions input").first.press("Home")
    assert z_of(page).min() == -4
    page.locator("#sample").press("Enter")
    assert page.locator("#prior-samples").is_visible()
    page.locator("#way").press("End")
    expected = page.evaluate("[...encode(model, images[1]).loc]")
    np.testing.assert_allclose(z_of(page), expected)
    pad = page.locator("#pad")
    pad.press(" ")
    for key in ["ArrowDown"] * 8 + ["ArrowRight"] * 3:
        pad.press(key)
    page.wait_for_timeout(100)
    assert page.evaluate("current.x.some((v) => v === 1)")
    assert math.isfinite(settled(page)["elbo"])


@pytest.mark.parametrize("latent_dim", [1, 2, 20])
@pytest.mark.parametrize("width", [320, 768, 1920])
def test_nothing_is_wider_than_the_screen(visit, make_page, latent_dim, width):
    path, *_ = make_page(latent_dim=latent_dim)
    page = visit(path, viewport={"width": width, "height": 800})
    settled(page)
    page.click("#sample")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = """(e) => {
        const right = (element) => element.getBoundingClientRect().right;
        return right(e) <= right(e.closest("section"));
    }"""
    everything = "[...document.querySelectorAll('section *')]"
    assert page.evaluate(f"{everything}.every({inside})")


def test_the_plane_looks_as_it_should_in_the_dark(visit, make_page):
    path, *_ = make_page(latent_dim=2)
    page = visit(path, color_scheme="light")
    light = page.evaluate("[color('paper'), color('class-0')]")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("[color('paper'), color('class-0')]") != light
    page.wait_for_timeout(100)
    corner = (
        "document.getElementById('gallery').getContext('2d').getImageData(0, 0, 12, 12)"
    )
    darkest, lightest = page.evaluate(f"((d) => [Math.min(...d), d[0]])({corner}.data)")
    assert darkest < 40


def test_the_weights_are_saved_as_they_are_used(visit, make_page, tmp_path):
    path, model, _ = make_page(likelihood="gaussian")
    page = visit(path)
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "model.safetensors"
    saved = load_file(download.value.path())
    assert set(saved) == set(model.weights)
    for name, array in saved.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, model.weights[name])


def test_names_are_text(visit, make_page):
    name = "<img src=x onerror=alert(1)></script><b>"
    path, *_ = make_page(classes=[name, "b"])
    page = visit(path)
    settled(page)
    assert page.locator("#classes button").first.inner_text() == name
    page.locator("#classes button").first.click()
    assert page.locator("img").count() == 0 and page.locator("b").count() == 0


@pytest.mark.parametrize(
    ("limit", "settings", "message"),
    [
        (10, {}, r"The model has [\d,]+ weights, more than this page holds\."),
        (10**7, {"activation": "sine"}, "does not know the activation sine"),
        (10**7, {"likelihood": "poisson"}, "does not know the likelihood poisson"),
    ],
)
def test_the_page_says_what_it_cannot_show(
    visit, make_page, monkeypatch, limit, settings, message
):
    monkeypatch.setattr(explore, "MAX_WEIGHTS", limit)
    path, *_ = make_page()
    text = path.read_text()
    for key, value in settings.items():
        text = text.replace(f'"{key}":"{TINY["model"][key]}"', f'"{key}":"{value}"')
    path.write_text(text)
    page = visit(path)
    assert re.search(message, page.locator("#problem").inner_text())
    assert page.locator("#plane").is_visible()
    for name in ("#image-section", "#sample", "#zoom-posterior"):
        assert page.locator(name).is_hidden()
    page.click("#zoom-in")


@pytest.mark.parametrize(
    ("likelihood", "binary", "hidden"),
    [("bernoulli", True, True), ("bernoulli", False, False), ("gaussian", True, False)],
)
def test_a_pseudo_likelihood_is_named(visit, make_page, likelihood, binary, hidden):
    path, *_ = make_page(likelihood=likelihood, binary=binary)
    page = visit(path)
    assert page.locator("#pseudo").is_hidden() == hidden


def test_too_wide_a_layer_has_no_grid(visit, make_page):
    path, *_ = make_page(latent_dim=2, hidden_units=[1200, 4])
    page = visit(path)
    assert "evidence" not in settled(page)
    assert "1200 units, too many" in page.locator("#evidence-why").inner_text()
