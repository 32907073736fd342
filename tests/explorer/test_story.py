"""The page in Chromium: its state, address and story, and who can use it."""

import numpy as np
import pytest

from browsing import STATE, frame, grid_done, position_in, run, settled, shown, z_of
from studies.toy import until

PHONE = {"has_touch": True, "viewport": {"width": 390, "height": 844}}


def click(page, name, across, down, **options):
    page.mouse.move(*position_in(page, name, across, down))
    page.mouse.down(**options)
    page.mouse.up(**options)
    frame(page)


def mean_of(page):
    return np.array(run(page, f"[...{STATE}.posterior.loc]"))


def test_z_stays_where_it_was_clicked(open_page):
    page, *_ = open_page({"color_scheme": "light"}, latent_dim=2)
    page.mouse.move(*position_in(page, "#plane", 0.75, 0.25))
    np.testing.assert_allclose(z_of(page), [2.1, 2.1], atol=0.05)
    page.mouse.move(*position_in(page, "#plane", 0.5, -0.1))
    np.testing.assert_array_equal(z_of(page), mean_of(page))
    click(page, "#plane", 0.75, 0.25)
    page.mouse.move(*position_in(page, "#plane", 0.25, 0.25))
    page.emulate_media(color_scheme="dark")
    frame(page)
    np.testing.assert_allclose(z_of(page), [2.1, 2.1], atol=0.05)
    assert page.locator("#z-source").inner_text() == "chosen by you"
    page.click("#release")
    np.testing.assert_array_equal(z_of(page), mean_of(page))


def test_what_is_shown_is_that_of_the_drawing(open_page):
    page, *_ = open_page(latent_dim=2)
    settled(page)
    click(page, "#pad", 0.5, 0.5, button="right")
    assert run(page, f"{STATE}.image.index") == 0
    click(page, "#pad", 0.5, 0.5)  # a dot
    assert run(page, f"{STATE}.x.some((value) => value === 1)")
    settled(page)
    click(page, "#pad", 0.2, 0.2)
    assert run(page, f"{STATE}.image.strokes.length") == 2
    page.click("#undo")
    assert run(page, f"{STATE}.image.strokes.length") == 1
    page.click("#clear")
    frame(page)
    assert shown(page) == {} and run(page, f"{STATE}.posterior") is None
    np.testing.assert_array_equal(z_of(page), [0, 0])
    page.locator("#choice").press("End")
    frame(page)
    assert page.locator("#image-name").inner_text() == "test image 60: 9"
    assert page.locator("#choice").get_attribute("aria-valuetext") == "60: 9"
    assert page.locator("#undo").is_disabled()


def test_the_views_follow_the_image(open_page):
    page, *_ = open_page(latent_dim=2)
    for _ in range(9):
        page.click("#zoom-in")
    page.locator("#choice").press("End")
    for name in ("view", "inset"):
        view = run(page, f"{STATE}.{name}")
        assert np.all(np.abs(mean_of(page) - [view["x"], view["y"]]) < view["radius"])
    page.click("#zoom-all")
    assert run(page, f"{STATE}.view") is None


def test_the_address_keeps_the_state(open_page):
    page, *_ = open_page(latent_dim=2)
    click(page, "#pad", 0.3, 0.4)
    click(page, "#pad", 0.6, 0.4)
    click(page, "#plane", 0.75, 0.25)
    page.click("#next")
    page.locator("#num-samples").press("End")
    page.locator("#beta").press("End")
    page.click("#zoom-in")
    page.check("#manifold")
    saved = "writeAddress(store.state)"
    before = run(page, saved)
    until(lambda: run(page, "location.hash.slice(1)") == before)
    pixels = run(page, f"[...{STATE}.x]")
    page.reload()
    assert run(page, saved) == before and before.count("=") == 7
    assert run(page, f"[...{STATE}.x]") == pixels
    page.click("#next")
    until(lambda: "step=3" in run(page, "location.hash"))
    page.go_back()
    until(lambda: run(page, saved) == before)
    assert page.locator("#steps .current h2").inner_text().startswith("2.")
    page.goto(page.url.split("#")[0] + "#step=99&z=1&drawing=?&beta=x&image=-1&view=a")
    page.reload()
    assert run(page, saved) == "drawing="


def test_the_story_has_seven_steps(open_page):
    page, *_ = open_page(PHONE | {"reduced_motion": "reduce"}, latent_dim=2)
    for step in range(1, 8):
        assert page.locator("#steps .current h2").inner_text().startswith(f"{step}.")
        lit = page.locator(".lit")
        assert lit.count() and all(e.is_visible() for e in lit.all())
        if step < 7:
            page.click("#next")
            frame(page)
    assert page.locator("#next").is_disabled()
    page.click("#marks button:first-child")
    frame(page)
    page.click("#inset-part .term")
    assert page.locator("#term-q").is_visible()


def test_a_remainder_below_zero_is_shown(open_page):
    page, *_ = open_page(latent_dim=2)
    grid_done(page)
    evidence = "logEvidence: store.state.terms.bounds[5] - 1.5"
    run(page, f"store.update({{terms: {{...{STATE}.terms, {evidence}}}}})")
    frame(page)
    numbers = shown(page)
    assert numbers["rest"] == -1.5
    expected = numbers["elbo"] + numbers["repaired"] + numbers["rest"]
    assert numbers["evidence"] == pytest.approx(expected, abs=0.02)


def test_a_swipe_scrolls_unless_it_starts_at_z(open_page):
    page, *_ = open_page(PHONE, latent_dim=2)
    session = page.context.new_cdp_session(page)
    page.locator("#plane").scroll_into_view_if_needed()
    box = page.locator("#plane").bounding_box()

    def touch(kind, *places):
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            for x, y in places
        ]
        arguments = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", arguments)
        frame(page)

    def swipe(*places):
        touch("touchStart", places[0])
        for place in places[1:]:
            touch("touchMove", place)
        touch("touchEnd")

    swipe((0.75, 0.25))
    np.testing.assert_allclose(z_of(page), [2.1, 2.1], atol=0.1)
    top = page.evaluate("scrollY")
    swipe((0.75, 0.25), (0.6, 0.25), (0.5, 0.25), (0.25, 0.25))
    np.testing.assert_allclose(z_of(page), [-2.1, 2.1], atol=0.1)
    touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    touch("touchMove", (0.3, 0.5), (0.7, 0.5))  # twice as far apart
    touch("touchEnd")
    assert run(page, f"{STATE}.view.radius") == pytest.approx(2.1, rel=0.05)
    assert page.evaluate("scrollY") == top
    before = z_of(page)
    swipe((0.8, 0.9), (0.8, 0.6), (0.8, 0.3), (0.8, 0.1), (0.8, -0.2))
    until(lambda: page.evaluate("scrollY") > top)
    np.testing.assert_array_equal(z_of(page), before)


@pytest.mark.parametrize("width", [390, 1280])
def test_everything_has_a_name_and_a_size(open_page, width):
    options = {"viewport": {"width": width, "height": 844}}
    page, *_ = open_page(options, latent_dim=3)
    settled(page)
    unnamed = """[...document.querySelectorAll("canvas, input[type='range']")].filter(
        (e) => !e.getAttribute("aria-label") && !e.labels?.length)"""
    assert run(page, f"{unnamed}.length") == 0
    assert page.locator("input[type='range']:not([aria-valuetext])").count() == 0
    targets = "[...document.querySelectorAll('a, button, input, summary')]"
    small = (
        f"{targets}.filter"
        + """((e) => {
        const { width, height } = e.getBoundingClientRect();
        return e.checkVisibility() && (width < 24 || height < 24);
    }).map((e) => e.outerHTML)"""
    )
    assert run(page, small) == []


def luminance(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def test_colors_can_be_told_from_the_paper(open_page):
    page, *_ = open_page({"forced_colors": "active"}, latent_dim=2)
    settled(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        names = ["gap-1", "gap-2", "accent", *(f"class-{i}" for i in range(10))]
        paper = luminance(run(page, "color('paper')"))
        for name in names:
            light = sorted([paper, luminance(run(page, f"color('{name}')"))])
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 3, (scheme, name)
    style = "getComputedStyle(document.querySelector('#bar .repaired')).backgroundColor"
    assert run(page, style) == "rgb(224, 160, 74)"


def test_the_pictures_are_saved(open_page, tmp_path):
    page, *_ = open_page(latent_dim=2)
    settled(page)
    with page.expect_download() as download:
        page.click("#save-picture")
    assert download.value.suggested_filename == "vae.png"
    download.value.save_as(tmp_path / "vae.png")
    assert (tmp_path / "vae.png").read_bytes()[:4] == b"\x89PNG"


def test_the_race_shows_both_gaps(open_page):
    page, *_ = open_page(latent_dim=2)
    numbers = grid_done(page)
    page.click("#race-start")
    until(lambda: run(page, f"{STATE}.race.grid?.finished"))
    frame(page)
    names = ("race-encoder", "race-grid", "amortization", "approximation")
    texts = [page.locator(f"#{name}").inner_text() for name in names]
    one, other, *gaps = (float(text.replace("−", "-")) for text in texts)
    assert gaps[1] == pytest.approx(numbers["evidence"] - max(one, other), abs=0.011)
    start = run(page, f"{STATE}.race.encoder.elbos[0]")
    assert gaps[0] == pytest.approx(max(one, other) - start, abs=0.011)
    encoder = run(page, f"{STATE}.race.encoder")
    assert len(encoder["elbos"]) == encoder["numSteps"] + 1
    page.locator("#choice").press("End")
    frame(page)
    assert page.locator("#amortization").inner_text() == "–"


def test_a_model_is_trained(open_page):
    page, *_ = open_page(latent_dim=20)
    page.click("#train-step")
    until(lambda: run(page, f"{STATE}.training.model && {STATE}.training.step === 1"))
    frame(page)
    assert page.locator("#train-steps").inner_text() == "1"
    assert "–" not in page.locator("#train-elbo").inner_text()
    page.click("#train-play")
    until(lambda: run(page, f"{STATE}.training.step > 30"))
    page.locator("#beta").press("End")
    page.click("#train-play")
    page.click("#train-reset")
    frame(page)
    assert page.locator("#train-steps").inner_text() == "–"
    assert page.locator("#beta").get_attribute("aria-valuetext") == "beta 10"


def test_nothing_moves_where_motion_is_not_wanted(open_page):
    page, *_ = open_page({"reduced_motion": "reduce"}, latent_dim=2)
    grid_done(page)
    page.click("#race-start")
    until(lambda: run(page, f"{STATE}.race.encoder?.step > 0"))
    assert run(page, "racesOf({race: {encoder: {finished: false}}}).length") == 0
    assert page.locator("#race-encoder").inner_text() == "–"
    until(lambda: run(page, f"{STATE}.race.encoder.finished"))
    until(lambda: page.locator("#race-encoder").inner_text() != "–")
