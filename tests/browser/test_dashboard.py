import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def dashboard(visit, voila_address, find_explorer):
    visit.page.goto(voila_address.replace("/?", "/voila/render/consensus.ipynb?"))
    return find_explorer(visit.page)


def test_the_dashboard_shows_every_chart_and_no_code(dashboard):
    page = dashboard.page
    assert page.locator("h1").inner_text() == "What if half of the validators lie?"
    assert page.locator(".jp-InputArea:visible, .jp-CodeMirrorEditor:visible").count() == 0
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
        assert dashboard.picture(chart) != before[chart], chart
    assert dashboard.sentence().startswith("The liars' stake moves from 40 % to 70 %")
    assert dashboard.title("incentive") == "Incentive: the liars' miner 5 earns most, 100 %"
    dashboard.reset()
    dashboard.page.mouse.move(5, 5)
    assert dashboard.sentence() == first
    assert dashboard.slider("liar_percent").input_value() == "40"
    for chart in dashboard.CHARTS:
        assert dashboard.picture(chart) == before[chart], chart


@pytest.mark.parametrize(("setting", "key"), [("kappa", "Home"), ("bonds_penalty", "Home")])
def test_every_slider_is_said_and_painted(dashboard, setting, key):
    before = dashboard.picture("dividends")
    dashboard.press(setting, key)
    assert "moves from" in dashboard.sentence()
    assert dashboard.picture("dividends") != before


def test_yuma_and_the_lie_are_choices_for_the_keyboard(dashboard):
    page = dashboard.page
    dashboard.do(lambda: page.locator('[data-setting="yuma3"][value="false"]').press("ArrowDown"))
    assert dashboard.sentence().startswith("Yuma moves from 2 to 3")
    dashboard.do(lambda: page.locator('[data-setting="lie"][value="ignored"]').press("ArrowDown"))
    assert dashboard.title("weights") == "Weights: the liars give miner 244 everything"


def test_a_miner_pointed_at_is_followed_in_every_chart(dashboard):
    page = dashboard.page
    matrix = dashboard.picture("weights")
    box = page.locator('[data-chart="weights"] canvas').bounding_box()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 10)
    page.wait_for_function("document.querySelector('[data-chart=bonds] h3').textContent.includes('miner 5:')")
    assert dashboard.picture("weights") != matrix
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
    visit.page.goto(voila_address)
    visit.page.click("text=consensus")
    visit.page.wait_for_selector("[data-painted]")
