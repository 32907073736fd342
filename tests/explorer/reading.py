"""What a reader of the page sees and does, for tests in Chromium."""

import numpy as np

from studies.toy import until

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
