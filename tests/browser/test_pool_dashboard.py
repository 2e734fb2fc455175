import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class PoolPage:
    """The pool dashboard, as a person sees and moves it."""

    CHARTS = ("curve", "price", "parts")

    def __init__(self, page):
        self.page = page
        page.wait_for_selector("[data-painted]")
        self.root = page.locator("[data-painted]").first

    def sentence(self):
        return self.root.locator(".tl-sentence").inner_text()

    def do(self, action):
        before = self.root.get_attribute("data-painted")
        action()
        self.page.wait_for_function(
            "before => document.querySelector('[data-painted]').dataset.painted !== before", arg=before
        )

    def pictures(self):
        return [self.root.locator(f'[data-chart="{chart}"] .tl-canvas').screenshot() for chart in self.CHARTS]


@pytest.fixture(scope="module")
def dashboard(visit, voila_address):
    visit.page.goto(voila_address.replace("/?", "/voila/render/pool.ipynb?"))
    return PoolPage(visit.page)


def test_the_pool_dashboard_is_one_page_without_code_in_type_for_the_back_row(dashboard):
    page = dashboard.page
    assert page.locator("h1").inner_text() == "What is an alpha worth?"
    assert page.locator(".jp-CodeCell .jp-InputArea:visible").count() == 0
    assert dashboard.sentence().startswith("You pay 300 τ.")
    box = page.locator(".tl-sentence").bounding_box()
    assert box["y"] + box["height"] <= 1_080
    sizes = page.evaluate(
        """() => [...document.querySelectorAll(".tl-explorer *, #rendered_cells h1, #rendered_cells p")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
            .map((e) => parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert min(sizes) >= 16
    for chart in dashboard.CHARTS:
        assert len(page.get_attribute(f'[data-chart="{chart}"] [role=img]', "aria-label")) > 30


def test_moves_are_painted_and_said_and_reset_brings_everything_back(dashboard):
    page, first, before = dashboard.page, dashboard.sentence(), dashboard.pictures()
    dashboard.do(lambda: page.locator('[data-setting="limit"]').fill("10"))
    assert dashboard.sentence().startswith("The limit of 1.1 τ stops the swap")
    dashboard.do(lambda: page.locator('[data-setting="side"][value="buy"]').press("ArrowDown"))
    assert "You sell" in dashboard.sentence()
    assert all(now != then for now, then in zip(dashboard.pictures(), before, strict=True))
    dashboard.do(lambda: page.locator(".tl-reset").click())
    assert dashboard.sentence() == first
    assert page.locator('[data-setting="limit"]').input_value() == "100"
