"""The page's address, models, story, race, training and files in Chromium."""

import numpy as np
import pytest
from safetensors.numpy import load_file

import numpy_model
from explorer.conftest import NUM_IMAGES, make_untrained
from explorer.reading import (
    PHONE,
    STATE,
    drag,
    frame,
    number,
    position_in,
    run,
    settled,
    z_of,
)
from studies.toy import until
from vae.explorer import packing
from vae.pipeline.trained import read_description


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
    assert '"step":2' in before and '"beta":100' in before and "strokes" in before
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
    other = '#{"step":4,"model":7,"image":{"index":99},"pinned":[1]}'  # another page's
    page.evaluate(f"location.hash = '{other}'")
    until(lambda: run(page, f"{STATE}.step") == 4)
    assert run(page, f"[{STATE}.image.index, {STATE}.pinned]") == [0, None]
    page.goto(page.url.split("#")[0] + "#nonsense")
    until(lambda: run(page, f"{STATE}.step === 1 && {STATE}.terms?.finished"))


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
    assert "nats, 0.50 about shape:" in page.locator("#dimensions").inner_text()


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
    assert page.locator("#beta").get_attribute("aria-valuetext") == "beta 100"


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
