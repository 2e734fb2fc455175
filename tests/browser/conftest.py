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


@pytest.fixture
def visit(chromium):
    """A fresh browser with one page; afterwards nothing may have been asked of another host."""
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
    """The consensus explorer on a page, as a person sees and moves it."""

    CHARTS = ("weights", "dividends", "consensus", "incentive", "bonds")

    def __init__(self, page):
        self.page = page
        page.wait_for_selector("[data-painted]")

    def sentence(self):
        return self.page.inner_text(".tl-sentence")

    def title(self, chart):
        return self.page.inner_text(f'[data-chart="{chart}"] h3')

    def slider(self, setting):
        return self.page.locator(f'input[type="range"][data-setting="{setting}"]')

    def do(self, action):
        """Do something and wait until the charts that answer it are painted."""
        before = self.page.get_attribute("[data-painted]", "data-painted")
        action()
        self.page.wait_for_function(
            "before => document.querySelector('[data-painted]').dataset.painted !== before", arg=before
        )

    def press(self, setting, key):
        self.do(lambda: self.slider(setting).press(key))

    def reset(self):
        self.do(lambda: self.page.click(".tl-reset"))

    def picture(self, chart):
        """What the browser drew, as PNG."""
        return self.page.locator(f'[data-chart="{chart}"] .tl-canvas').screenshot(animations="disabled")

    def colours(self, chart):
        """How many colours are in the drawn picture, and the most frequent one's part of it."""
        return self.page.evaluate(
            """async (png) => {
                const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
                const canvas = new OffscreenCanvas(image.width, image.height);
                const context = canvas.getContext("2d");
                context.drawImage(image, 0, 0);
                const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
                const counts = new Map();
                for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
                return [counts.size, Math.max(...counts.values()) / pixels.length];
            }""",
            base64.b64encode(self.picture(chart)).decode(),
        )


@pytest.fixture
def find_explorer():
    return Explorer
