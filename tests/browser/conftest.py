"""Real pages in a headless Chromium that cannot reach any other machine."""

import base64
import os

import pytest

from tao_lab import paths
from tao_lab.bench import _browser
from tao_lab.errors import LabError


@pytest.fixture(scope="session")
def chromium():
    """Without a browser these tests are skipped on a student's machine, and fail in CI."""
    try:
        return _browser.chromium_path()
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def visit(chromium):
    """A fresh browser with one page; in the end nothing may have been asked of another host."""
    with _browser.open_browser() as opened:
        yield opened
        assert opened.refused == []
        assert opened.errors == []


@pytest.fixture(scope="session")
def voila_address(chromium):
    """Voila on the folder of dashboards, for all tests."""
    with _browser.voila(paths.LABS / "dashboards") as address:
        yield address


class Explorer:
    """The first consensus explorer on a page, as a person sees and moves it."""

    CHARTS = ("incentive", "consensus", "dividends", "weights", "validators", "bonds")

    def __init__(self, page):
        self.page = page
        page.wait_for_selector("[data-painted]:not([aria-busy=true])")
        self.root = page.locator("[data-painted]").first

    def sentence(self):
        return self.root.locator(".tl-sentence").inner_text()

    def details(self):
        return self.root.locator(".tl-details").inner_text()

    def title(self, chart):
        return self.root.locator(f'[data-chart="{chart}"] h2').inner_text()

    def slider(self, setting):
        return self.root.locator(f'input[type="range"][data-setting="{setting}"]')

    def do(self, action):
        """Do something and wait until all charts are painted that answer it."""
        before = self.root.get_attribute("data-painted")
        action()
        self.page.wait_for_function(
            """before => {
                const { dataset, ariaBusy } = document.querySelector("[data-painted]");
                return dataset.painted !== before && ariaBusy !== "true";
            }""",
            arg=before,
        )

    def press(self, setting, key):
        self.do(lambda: self.slider(setting).press(key))

    def reset(self):
        self.do(lambda: self.root.locator(".tl-reset").click())

    def picture(self, chart):
        """What the browser drew, as PNG."""
        return self.root.locator(f'[data-chart="{chart}"] .tl-canvas').screenshot(animations="disabled")

    def colours(self, chart):
        """How many colours are in the drawn picture, and the most frequent one's part of it."""
        return self.page.evaluate(
            with_pixels("""async (png) => {
                const pixels = new Uint32Array((await pixelsOf(png)).buffer);
                const counts = new Map();
                for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
                return [counts.size, Math.max(...counts.values()) / pixels.length];
            }"""),
            _base64(self.picture(chart)),
        )

    def changed(self, before, chart):
        """Part of a chart's pixels that look different from an earlier picture of it.

        Vega repaints only where something moved, which may shade an edge a little differently: that is not a change.
        """
        return self.page.evaluate(
            with_pixels("""async ([before, after]) => {
                const [a, b] = await Promise.all([pixelsOf(before), pixelsOf(after)]);
                if (a.length !== b.length) return 1;
                let different = 0;
                for (let i = 0; i < a.length; i += 4)
                    if ([0, 1, 2].some((k) => Math.abs(a[i + k] - b[i + k]) > 64)) different += 1;
                return (4 * different) / a.length;
            }"""),
            [_base64(before), _base64(self.picture(chart))],
        )


def with_pixels(function):
    """A page's function that may call `pixelsOf(png)`."""
    return f"""async (argument) => {{
        const pixelsOf = async (png) => {{
            const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
            const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
            context.drawImage(image, 0, 0);
            return context.getImageData(0, 0, image.width, image.height).data;
        }};
        return await ({function})(argument);
    }}"""


def _base64(png):
    return base64.b64encode(png).decode()


@pytest.fixture(scope="session")
def violations():
    """`violations(page)`: what axe finds that keeps somebody out, a line each; `include` limits it to a part."""
    from axe_playwright_python.sync_playwright import Axe

    # Chromium and Firefox let the keyboard into every box that scrolls; a card cannot know whether it will.
    options = {"resultTypes": ["violations"], "rules": {"scrollable-region-focusable": {"enabled": False}}}

    def found(page, include=None):
        context = {"include": [[include]]} if include else None
        result = Axe().run(page, context, options).response
        return [
            f"{page.url}: {rule['id']} ({rule['help']}): {' '.join(map(str, node['target']))}: {node['html'][:200]}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]

    return found


@pytest.fixture(scope="session")
def find_explorer():
    """Waits for the explorer on a page."""
    return Explorer
