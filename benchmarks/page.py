"""What `results/explorer.html` takes in Chromium; printed, not written.

    make bench-page

From opening the page to its first decoded image, a decoded image, the grid, and all
that follows from a new image; medians of several.
"""

import shutil
import statistics
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PAGE = Path("results/explorer.html")
REPEATS = 5


def wait(page: Page, condition: str) -> None:
    """Until an expression is true; the page's policy forbids to wait in it."""
    while not page.evaluate(condition):
        time.sleep(0.002)


def measure(page: Page) -> dict[str, float]:
    """Seconds by what they are for."""
    start = time.perf_counter()
    page.goto(PAGE.resolve().as_uri(), wait_until="commit")
    wait(page, "Boolean(document.getElementById('z-text')?.textContent)")
    opened = time.perf_counter()
    wait(page, "document.getElementById('progress').hidden")
    decoded = time.perf_counter()
    image = page.evaluate(
        "(start => { for (let i = 0; i < 100; i++) decodeImages([z]);"
        " return (performance.now() - start) / 1e5; })(performance.now())"
    )
    wait(page, "asked === null")
    chosen = time.perf_counter()
    page.evaluate("chooseImage(1)")
    wait(page, "asked === null")
    return {
        "from opening to the first decoded image": opened - start,
        "a decoded image": image,
        "the grid": decoded - opened,
        "all of a new image, with log p(x)": time.perf_counter() - chosen,
    }


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        runs = [measure(browser.new_page()) for _ in range(REPEATS)]
        browser.close()
    for name in runs[0]:
        seconds = statistics.median(run[name] for run in runs)
        print(f"{name}: {1000 * seconds:.3g} ms")


if __name__ == "__main__":
    main()
