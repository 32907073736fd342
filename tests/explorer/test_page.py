"""The first screen of the page in Chromium: pad, plane, bounds."""

import math
import re

import numpy as np
import pytest

import numpy_model
from explorer.reading import (
    STATE,
    drag,
    frame,
    number,
    pixels_of,
    position_in,
    run,
    settled,
    z_of,
)
from studies.toy import until


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
    for pane in ("#pad", "#plane"):
        drag(page, pane, (0.5, 0.5), button="right")
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
        names = ["repaired", "rest", "accent", *(f"class-{i}" for i in range(10))]
        paper = luminance(run(page, "color('paper')"))
        for name in names:
            light = sorted([paper, luminance(run(page, f"color('{name}')"))])
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 3, (scheme, name)
    assert paper < 0.1 and pixels_of(page, "gallery", 12).min() < 40
