"""The page in Chromium, used as a reader does."""

import math
import re

import numpy as np
import pytest
from safetensors.numpy import load_file

import numpy_model
from explorer.conftest import NUM_IMAGES, make_untrained
from studies.toy import until
from vae.explorer import packing
from vae.pipeline.trained import read_description

STATE = "store.state"
PHONE = {"has_touch": True, "viewport": {"width": 390, "height": 844}}
NUMBERS = ("rate", "distortion", "elbo", "repaired", "bound", "rest", "evidence")


def run(page, code):
    """Evaluate an expression, in which each export of a module has its name."""
    names = "Object.assign({}, ...Object.values(modules))"
    return page.evaluate(f"() => {{ with ({names}) return {code}; }}")


def frame(page):
    """Wait until what the state says is drawn."""
    page.evaluate("new Promise((f) => requestAnimationFrame(() => setTimeout(f)))")


def number(page, name):
    """A number that a reader sees; None if it is unknown."""
    text = page.locator(f"#{name}").inner_text()
    return None if text == "–" else float(text.split()[0].replace("−", "-"))


def settled(page):
    """The numbers that are shown once the worker has answered."""
    until(lambda: run(page, f"{STATE}.terms?.finished"))
    frame(page)
    return {name: number(page, name) for name in NUMBERS}


def z_of(page):
    return np.array(run(page, f"[...zOf({STATE})]"))


def position_in(page, name, across, down):
    """A position on the screen, of shares of the width and height of an element."""
    page.locator(name).scroll_into_view_if_needed()
    box = page.locator(name).bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def drag(page, name, *places, button="left"):
    page.mouse.move(*position_in(page, name, *places[0]))
    page.mouse.down(button=button)
    for place in places[1:]:
        page.mouse.move(*position_in(page, name, *place))
    page.mouse.up(button=button)
    frame(page)


def pixels_of(page, name, side):
    """The red, green, blue and opacity of the upper left pixels of a canvas."""
    data = f"$('{name}').getContext('2d').getImageData(0, 0, {side}, {side}).data"
    return np.array(run(page, f"[...{data}]")).reshape(-1, 4)


def test_a_drawing_is_encoded_and_its_bounds_are_shown(open_page, tmp_path):
    page, model, _ = open_page(latent_dim=2, side=28)
    angles = np.linspace(1.1 * math.pi, -0.5 * math.pi, 12)
    arc = zip(0.5 + 0.2 * np.cos(angles), 0.35 - 0.15 * np.sin(angles), strict=True)
    drag(page, "#pad", *arc, (0.3, 0.8), (0.5, 0.78), (0.7, 0.8))
    assert page.locator("#image-name").inner_text() == "your drawing"
    numbers = settled(page)
    x = np.array(run(page, f"[...{STATE}.x]"))
    rows, columns = np.nonzero(x.reshape(28, 28))
    assert set(x) == {0, 1} and 18 <= np.ptp(rows) + 1 <= 20
    assert abs(rows.mean() - 13.5) < 1 and abs(columns.mean() - 13.5) < 1
    evidence = numpy_model.log_evidence(model, x[None], 151)[0]
    assert numbers["evidence"] == pytest.approx(evidence, abs=0.02)
    elbo = -numbers["rate"] - numbers["distortion"]
    assert numbers["elbo"] == pytest.approx(elbo, abs=0.011)
    spoken = re.findall(r"−[\d.]+", page.locator("#summary").inner_text())
    shown = page.locator("#elbo").inner_text().split()[0]
    assert spoken == [shown, page.locator("#evidence").inner_text()]
    assert page.locator("dl [aria-live]").count() == 0
    counts, bounds = run(page, f"[{STATE}.terms.counts, {STATE}.terms.bounds]")
    for key, size in (("Shift", 50), ("Home", 1), ("End", 500)):
        page.locator("#num-samples").press(key)
        numbers = settled(page)
        found = bounds[counts.index(size)]
        assert numbers["bound"] == pytest.approx(found, abs=0.006)
        total = numbers["elbo"] + numbers["repaired"] + numbers["rest"]
        assert numbers["evidence"] == pytest.approx(total, abs=0.02)
    with page.expect_download() as download:
        page.click("#save-picture")
    assert download.value.suggested_filename == "vae.png"
    download.value.save_as(tmp_path / "vae.png")
    assert (tmp_path / "vae.png").read_bytes()[:4] == b"\x89PNG"


def test_strokes_are_undone_and_images_chosen(open_page):
    page, *_ = open_page(latent_dim=2)
    drag(page, "#pad", (0.5, 0.5), button="right")
    assert run(page, f"{STATE}.image.index") == 0
    drag(page, "#pad", (0.5, 0.5))  # a dot
    drag(page, "#pad", (0.2, 0.2))
    assert run(page, f"{STATE}.image.strokes.length") == 2
    page.click("#undo")
    assert run(page, f"{STATE}.image.strokes.length") == 1
    assert run(page, f"{STATE}.x.some((value) => value === 1)")
    page.click("#clear")
    frame(page)
    assert number(page, "elbo") is None and run(page, f"{STATE}.posterior") is None
    np.testing.assert_array_equal(z_of(page), [0, 0])
    page.locator("#choice").press("End")
    frame(page)
    assert page.locator("#image-name").inner_text() == "test image 60: 9"
    assert page.locator("#undo").is_disabled()
    accent = run(page, "channels('accent')")
    edge = f"getImageData({11 * 13 + 6}, {4 * 13 + 1}, 1, 1).data"
    assert run(page, f"[...$('gallery').getContext('2d').{edge}]")[:3] == accent
    for key in [" ", *["ArrowDown"] * 8, " ", "ArrowRight", " ", "Control+z"]:
        page.locator("#pad").press(key)
    stroke = [value for k in range(9) for value in (140, 140 + 10 * k)]
    assert run(page, f"{STATE}.image.strokes") == [stroke]


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_own_images_without_labels_are_shown_as_in_their_files(open_page, latent_dim):
    page, *_ = open_page(data="own data", classes=[], latent_dim=latent_dim)
    assert page.locator("#classes button").count() == 0
    frame(page)
    assert page.locator("#image-name").inner_text() == "test image 1"
    assert run(page, "channels('one')") == [255] * 3
    drag(page, "#pad", (0.25, 0.25), (0.75, 0.25))
    image = np.reshape(run(page, f"[...{STATE}.x]"), (12, 12))
    assert image[3, 4:8].all() and not image[6:].any()  # where it was drawn
    assert settled(page)["evidence"] < 0


def test_the_pointer_moves_z_and_the_view(open_page):
    page, model, _ = open_page({"color_scheme": "light"}, latent_dim=3)
    before = z_of(page)
    plane = run(page, "shown")
    page.mouse.move(*position_in(page, "#plane", 0.75, 0.25))
    frame(page)
    z = z_of(page)
    np.testing.assert_allclose(z[plane], [2.1, 2.1], atol=0.05)
    assert (z == before).sum() == 1  # the third stays
    decoded = run(page, "[...decodeImages([zOf(store.state)])[0]]")
    np.testing.assert_allclose(decoded, numpy_model.mean(model, z), atol=1e-5)
    ink = 255 + np.array(decoded) * (0x16 - 255)  # from #ffffff to #16181d
    np.testing.assert_allclose(pixels_of(page, "decoded", 12)[:, 0], ink, atol=1)
    page.mouse.move(*position_in(page, "#plane", 0.5, -0.1))
    np.testing.assert_array_equal(z_of(page), before)
    drag(page, "#plane", (0.75, 0.25), (0.5, 0.25))
    page.mouse.move(*position_in(page, "#plane", 0.51, 0.25))
    np.testing.assert_allclose(z_of(page)[plane], [2.2, 2.1], atol=0.05)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.mouse.move(*position_in(page, "#plane", 0.01, 0.25))
    expected = [2.2 - 4.2 / math.e, 2.1]  # what the wheel was over stays there
    np.testing.assert_allclose(z_of(page)[plane], expected, atol=0.05)
    drag(page, "#plane", (0.01, 0.25))
    page.mouse.move(*position_in(page, "#plane", 0.9, 0.9))
    np.testing.assert_allclose(z_of(page)[plane], expected, atol=0.05)
    assert page.locator("#z-source").inner_text() == "chosen by you"
    page.click("#release")
    np.testing.assert_array_equal(z_of(page), before)


def test_keys_move_z_and_the_view(open_page):
    page, _, x = open_page(latent_dim=2)
    np.testing.assert_array_equal(run(page, "[...images[59]]"), x[59])
    before = z_of(page)
    page.locator("#plane").press("ArrowRight")
    page.locator("#plane").press("ArrowDown")
    step = 0.04 * 4.2
    np.testing.assert_allclose(z_of(page) - before, [step, -step])
    page.locator("#plane").press("+")
    page.locator("#plane").press("Shift+ArrowUp")
    view = run(page, f"{STATE}.view")
    assert view["radius"] == pytest.approx(0.8 * 4.2)
    assert view["y"] == pytest.approx(0.16 * 0.8 * 4.2)
    for _ in range(9):
        page.click("#zoom-in")
    page.locator("#choice").press("End")
    view = run(page, f"{STATE}.view")
    loc, scale = run(
        page, f"[[...{STATE}.posterior.loc], [...{STATE}.posterior.scale]]"
    )
    distance = np.abs(np.subtract(loc, [view["x"], view["y"]]))
    assert np.all(distance + 4 * np.array(scale) < view["radius"])
    page.locator("#choice").press("Home")
    page.locator("#plane").press("0")
    assert run(page, f"{STATE}.view") is None
    page.locator("#plane").press("Escape")
    np.testing.assert_array_equal(z_of(page), before)
    page.locator("#dimensions input").first.press("Home")
    assert z_of(page)[run(page, "order[0].dimension")] == pytest.approx(-4)


def test_a_page_of_a_learned_prior_and_odd_names(open_page):
    name = "<img src=x onerror=alert(1)></script><b>"
    options = {"classes": [name, "b"], "hidden_units": [1200, 4], "prior": "vamp"}
    page, *_ = open_page(latent_dim=2, **options)
    assert settled(page)["evidence"] is None
    assert "1200 units, too many" in page.locator("#grid-text").inner_text()
    page.locator("#classes button").first.click()
    assert page.locator("#classes button").first.inner_text() == name
    assert page.locator("img").count() == 0 and page.locator("b").count() == 0
    assert page.locator("#pseudo").is_hidden()
    page.click("#sample")
    frame(page)
    assert page.locator("#prior-samples").is_visible()


def luminance(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    low = channels <= 0.04045
    linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("latent_dim", [1, 20])
def test_everyone_can_use_it_on_every_screen(open_page, latent_dim):
    page, *_ = open_page({"color_scheme": "light"}, latent_dim=latent_dim)
    page.click("#sample")
    until(lambda: run(page, f"{STATE}.terms"))
    frame(page)
    tick = "getImageData($('plane').width / 2, $('plane').height - 2, 1, 1).data[0]"
    assert run(page, f"$('plane').getContext('2d').{tick}") < 150  # below z = 0
    targets = "[...document.querySelectorAll('a, button, input, summary')]"
    inside = """(e) => {
        const right = (element) => element.getBoundingClientRect().right;
        return right(e) <= right(e.closest("section"));
    }"""
    small = """(e) => {
        const { width, height } = e.getBoundingClientRect();
        return e.checkVisibility() && (width < 24 || height < 24);
    }"""
    for width in (320, 390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert run(page, f"[...document.querySelectorAll('section *')].every({inside})")
        assert run(page, f"{targets}.filter({small}).map((e) => e.outerHTML)") == []
    unnamed = """[...document.querySelectorAll("canvas, input[type='range']")].filter(
        (e) => !e.getAttribute("aria-label") && !e.labels?.length)"""
    assert run(page, f"{unnamed}.length") == 0
    assert page.locator("input[type='range']:not([aria-valuetext])").count() == 0
    interactive = """[...document.querySelectorAll(
        "a, button, input, summary, [tabindex='0']"
    )].filter((e) => !e.disabled && e.checkVisibility({visibilityProperty: true}))"""
    wanted, reached = run(page, f"{interactive}.length"), set()
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        reached.add(run(page, f"{interactive}.indexOf(document.activeElement)"))
    assert reached >= set(range(wanted))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        frame(page)
        names = ["gap-1", "gap-2", "accent", *(f"class-{i}" for i in range(10))]
        paper = luminance(run(page, "color('paper')"))
        for name in names:
            light = sorted([paper, luminance(run(page, f"color('{name}')"))])
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 3, (scheme, name)
    assert paper < 0.1 and pixels_of(page, "gallery", 12).min() < 40


def test_the_address_keeps_the_state(open_page):
    page, *_ = open_page(latent_dim=2)
    drag(page, "#pad", (0.3, 0.4), (0.6, 0.4))
    drag(page, "#plane", (0.75, 0.25))
    page.click("#next")
    page.locator("#num-samples").press("End")
    page.locator("#beta").press("End")
    page.click("#zoom-in")
    page.check("#manifold")
    saved = "writeAddress(store.state)"
    before = run(page, saved)
    assert '"step":2' in before and '"beta":10' in before and "strokes" in before
    hash_of = "decodeURIComponent(location.hash.slice(1))"
    until(lambda: run(page, hash_of) == before)
    pixels = run(page, f"[...{STATE}.x]")
    page.reload()
    assert run(page, saved) == before
    assert run(page, f"[...{STATE}.x]") == pixels
    page.click("#next")
    until(lambda: '"step":3' in run(page, hash_of))
    page.go_back()
    until(lambda: run(page, saved) == before)
    other = '#{"step":4,"image":{"index":99},"pinned":[1]}'  # of another model
    page.evaluate(f"location.hash = '{other}'")
    until(lambda: run(page, f"{STATE}.step") == 4)
    assert run(page, f"[{STATE}.image.index, {STATE}.pinned]") == [0, None]
    page.goto(page.url.split("#")[0] + "#nonsense")
    until(lambda: run(page, f"{STATE}.step") == 1)


def test_one_of_several_models_is_chosen_and_factors_are_shown(open_page):
    known = {"names": ["shape", "x"], "values": [[2, 7]] * NUM_IMAGES}
    second = make_untrained(latent_dim=3)[2] | {
        "name": "sprites",
        "factors": known
        | {"informed_of": ["x", "shape", "x"], "information": [1.0, 0.5, 0.0]},
    }
    page, *_ = open_page(more=[second], latent_dim=2)
    assert page.locator("#model").is_visible()
    assert not page.locator("#factors-part").is_visible()
    run(page, f"store.update({{ image: {{ index: 3 }}, pinned: [1, 2] }}), {STATE}")
    page.locator("#model").select_option("sprites")
    page.locator("#factors").wait_for()  # the page is loaded again
    assert run(page, "latentDim") == 3
    assert run(page, f"[{STATE}.model, {STATE}.image.index]") == [1, 3]
    assert page.locator("#factors").inner_text() == "shape 2, x 7"
    assert "nats, 0.50 of shape:" in page.locator("#dimensions").inner_text()


def test_fingers_move_z_the_view_or_the_page(open_page):
    page, *_ = open_page(PHONE, latent_dim=2)
    session = page.context.new_cdp_session(page)
    left, top = position_in(page, "#plane", 0, 0)
    side = page.locator("#plane").bounding_box()["width"]

    def touch(kind, *places):
        points = [{"x": left + x * side, "y": top + y * side} for x, y in places]
        arguments = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", arguments)
        frame(page)

    touch("touchStart", (0.75, 0.25))
    touch("touchEnd")
    np.testing.assert_allclose(z_of(page), [2.1, 2.1], atol=0.1)
    touch("touchStart", (0.75, 0.25))
    touch("touchMove", (0.25, 0.25))
    touch("touchEnd")
    np.testing.assert_allclose(z_of(page), [-2.1, 2.1], atol=0.1)
    touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    touch("touchMove", (0.3, 0.5), (0.7, 0.5))  # twice as far apart
    touch("touchEnd")
    assert run(page, f"{STATE}.view.radius") == pytest.approx(2.1, rel=0.05)
    before, scrolled = z_of(page), page.evaluate("scrollY")
    touch("touchStart", (0.8, 0.9))
    for down in (0.6, 0.3, 0.1, -0.2):
        touch("touchMove", (0.8, down))
    touch("touchEnd")
    until(lambda: page.evaluate("scrollY") > scrolled)
    np.testing.assert_array_equal(z_of(page), before)


def test_the_story_on_a_phone_without_motion(open_page):
    page, *_ = open_page(PHONE | {"reduced_motion": "reduce"}, latent_dim=2)
    for step in range(1, 8):
        assert page.locator("#steps .current h2").inner_text().startswith(f"{step}.")
        lit = page.locator(".lit")
        assert lit.count() and all(e.is_visible() for e in lit.all())
        if step < 7:
            page.click("#next")
            frame(page)
    assert page.locator("#next").is_disabled()
    step = "{ finished: false, elbos: [-9], numSteps: 9, loc: [0, 0], scale: [1, 1] }"
    run(page, f"store.update({{ race: {{ encoder: {step} }} }})")
    page.click("#train-play")
    until(lambda: run(page, f"{STATE}.training?.step >= 32"))
    frame(page)
    assert number(page, "race-encoder") is None and number(page, "train-step") is None
    page.click("#train-play")
    frame(page)
    assert number(page, "train-step") >= 32
    page.click("#marks button:first-child")
    page.click("#inset-part .term")
    assert page.locator("#term-q").is_visible()


@pytest.mark.parametrize("latent_dim", [2, 3])
def test_the_race_shows_both_gaps(open_page, latent_dim):
    page, *_ = open_page(latent_dim=latent_dim)
    numbers = settled(page)
    page.click("#race-start")
    races = "Object.values(store.state.race).filter(({ finished }) => finished)"
    until(lambda: run(page, f"{races}.length") == 2)
    frame(page)
    names = ("race-encoder", "race-grid", "amortization", "approximation")
    one, other, *gaps = (number(page, name) for name in names)
    if latent_dim == 2:
        expected = numbers["evidence"] - max(one, other)
        assert gaps[1] == pytest.approx(expected, abs=0.011)
    summary = page.locator("#race-summary").inner_text()
    assert f"{gaps[0]:.2f}" in summary
    start = run(page, f"{STATE}.race.encoder.elbos[0]")
    assert gaps[0] == pytest.approx(max(one, other) - start, abs=0.011)
    page.locator("#choice").press("End")
    frame(page)
    assert number(page, "amortization") is None


def test_a_model_is_trained(open_page):
    page, *_ = open_page(latent_dim=20)
    page.click("#train-once")
    until(lambda: run(page, f"{STATE}.training?.step === 1"))
    page.click("#train-play")
    until(lambda: run(page, f"{STATE}.training.step >= 65"))
    frame(page)
    assert number(page, "train-step") >= 65 and number(page, "train-elbo") < 0
    page.locator("#beta").press("End")
    page.click("#train-play")
    page.click("#train-reset")
    frame(page)
    assert number(page, "train-step") is None
    assert page.locator("#beta").get_attribute("aria-valuetext") == "beta 10"


def test_the_model_is_saved_as_it_is_used(open_page, tmp_path):
    changes = {"likelihood": "bernoulli", "latent_dim": 20}
    page, model, x = open_page(binary=False, **changes)
    np.testing.assert_allclose(run(page, "[...images[59]]"), x[59], atol=1e-7)
    means, _ = numpy_model.posterior(model, x)
    points = run(page, "points.map(({ x, y }) => [x, y])")
    np.testing.assert_allclose(points, means[:, run(page, "shown")], rtol=1e-4)
    assert page.locator("#pseudo").is_visible()
    downloads = []
    page.on("download", lambda download: downloads.append(download))
    with page.expect_download(lambda _: len(downloads) == 2):
        page.click("#save")
    for download in downloads:
        download.save_as(tmp_path / "results" / download.suggested_filename)
    assert changes.items() <= read_description(tmp_path).model.items()
    weights = load_file(tmp_path / "results/model.safetensors")
    assert set(weights) == set(model.weights)
    for name, array in weights.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, model.weights[name])


@pytest.mark.parametrize(
    ("limit", "likelihood", "message"),
    [
        (10, "bernoulli", "The model has more weights than this page can hold."),
        (10**7, "poisson", "This page does not know the likelihood poisson."),
    ],
)
def test_the_page_says_what_it_cannot_show(
    open_page, monkeypatch, limit, likelihood, message
):
    monkeypatch.setattr(packing, "MAX_WEIGHTS", limit)
    edit = '"likelihood":"bernoulli"', f'"likelihood":"{likelihood}"'
    page, *_ = open_page(edit=edit, problem=message)
    assert page.locator("#problem").inner_text() == message
    assert page.locator("main").is_hidden()
