import re

import pytest
from playwright.sync_api import expect

from tao_lab.bench import _browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def opened(visit, voila_address, find_explorer):
    visit.page.goto(voila_address.replace("/?", "/voila/render/consensus.ipynb?"))
    return find_explorer(visit.page)


@pytest.fixture
def dashboard(opened):
    """The dashboard as it opens; whatever a test moved is reset before the next."""
    opened.page.mouse.move(5, 5)
    opened.reset()
    return opened


def test_the_dashboard_shows_every_chart_and_no_code(dashboard):
    page = dashboard.page
    assert page.locator("h1").inner_text() == "What if half of the validators lie?"
    assert page.locator(".jp-CodeCell .jp-InputArea:visible").count() == 0
    assert "ConsensusExplorer" not in page.inner_text("body")
    for chart in dashboard.CHARTS:
        colours, background = dashboard.colours(chart)
        assert colours > 20, chart
        assert background < 0.97, chart
        assert len(page.get_attribute(f'[data-chart="{chart}"] [role=img]', "aria-label")) > 60
    assert dashboard.sentence().startswith("The liars hold 40 % of stake")


def test_everything_fits_a_projector_without_scrolling_in_type_for_the_back_row(dashboard):
    page = dashboard.page
    box = page.locator(".tl-sentence").bounding_box()
    assert box["y"] + box["height"] <= 1_080
    sizes = page.evaluate(
        """() => [...document.querySelectorAll(".tl-explorer *, #rendered_cells h1, #rendered_cells p")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
            .map((e) => parseFloat(getComputedStyle(e).fontSize))"""
    )
    assert min(sizes) >= 16


def test_a_moved_slider_changes_charts_and_sentence_and_reset_brings_them_back(dashboard):
    before = {chart: dashboard.picture(chart) for chart in dashboard.CHARTS}
    first = dashboard.sentence()
    dashboard.press("liar_percent", "End")
    for chart in ("dividends", "consensus", "incentive", "bonds"):
        assert dashboard.changed(before[chart], chart) > 0.002, chart
    assert dashboard.sentence().startswith("The liars' stake moves from 40 % to 70 %")
    assert dashboard.title("incentive") == "Incentive: the liars' miner 5 earns most, 100 %"
    dashboard.reset()
    dashboard.page.mouse.move(5, 5)
    assert dashboard.sentence() == first
    assert dashboard.slider("liar_percent").input_value() == "40"
    for chart in dashboard.CHARTS:
        assert dashboard.changed(before[chart], chart) < 0.0005, chart


@pytest.mark.parametrize(("setting", "key"), [("kappa", "Home"), ("bonds_penalty", "Home")])
def test_every_slider_is_said_and_painted(dashboard, setting, key):
    before = dashboard.picture("dividends")
    dashboard.press(setting, key)
    assert "moves from" in dashboard.sentence()
    assert dashboard.changed(before, "dividends") > 0.0005


def test_yuma_and_the_lie_are_choices_for_the_keyboard(dashboard):
    page = dashboard.page
    dashboard.do(lambda: page.locator('[data-setting="yuma3"][value="false"]').press("ArrowDown"))
    # an answer to an earlier movement may still be on its way when the choice is made
    expect(dashboard.root.locator(".tl-sentence")).to_have_text(re.compile("^Yuma moves from 2 to 3"), timeout=60_000)
    dashboard.do(lambda: page.locator('[data-setting="lie"][value="ignored"]').press("ArrowDown"))
    assert dashboard.title("weights") == "Weights: the liars give miner 244 everything"


def test_a_miner_pointed_at_is_followed_in_every_chart(dashboard):
    page = dashboard.page
    matrix = dashboard.picture("weights")
    box = page.locator('[data-chart="weights"] canvas').bounding_box()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 10)
    page.wait_for_function("document.querySelector('[data-chart=bonds] h3').textContent.includes('miner 5:')")
    assert dashboard.changed(matrix, "weights") > 0.001
    page.mouse.move(5, 5)
    page.wait_for_function("document.querySelector('[data-chart=bonds] h3').textContent.includes('miner 126:')")


def test_quick_moves_leave_nothing_stale_behind(dashboard):
    page = dashboard.page
    slider = dashboard.slider("liar_percent")
    slider.focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.tl-sentence').textContent.includes('from 40 % to 65 %')")
    assert slider.input_value() == "65"
    assert "on 65 % of stake" in dashboard.title("dividends")


def test_the_list_of_dashboards_asks_no_other_host_either(visit, voila_address):
    page = visit.page.context.new_page()
    page.goto(voila_address)
    with page.expect_popup() as opened:
        page.click("text=consensus")
    opened.value.wait_for_selector("[data-painted]", timeout=_browser.PAGE_MS)
