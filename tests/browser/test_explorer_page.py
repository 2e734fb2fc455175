import pytest

from tao_lab.bench import _browser
from tao_lab.views import ConsensusExplorer

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def opened(visit, find_explorer):
    _browser.show_widget(visit.page, ConsensusExplorer())
    return find_explorer(visit.page)


@pytest.fixture
def explorer(opened):
    """The explorer as it opens; whatever a test moved is reset before the next."""
    opened.page.mouse.move(5, 5)
    opened.reset()
    return opened


def test_every_chart_is_drawn_and_has_a_text_alternative(explorer):
    page = explorer.page
    for chart in explorer.CHARTS:
        colours, background = explorer.colours(chart)
        assert colours > 20, chart
        assert background < 0.97, chart
        assert len(page.get_attribute(f'[data-chart="{chart}"] [role=img]', "aria-label")) > 60
    assert explorer.sentence().startswith("Liars with 40 % of the stake")


def test_a_moved_slider_changes_charts_and_words_and_reset_brings_them_back(explorer):
    before = {chart: explorer.picture(chart) for chart in explorer.CHARTS}
    first = explorer.sentence()
    explorer.press("liar_percent", "End")
    for chart in ("dividends", "consensus", "incentive", "validators", "bonds"):
        assert explorer.changed(before[chart], chart) > 0.002, chart
    assert explorer.details().startswith("The liars' stake moves from 40 % to 70 %")
    assert explorer.title("incentive") == "Incentive: the liars' miner 5 earns most, 100 %"
    explorer.reset()
    explorer.page.mouse.move(5, 5)
    assert explorer.sentence() == first
    assert explorer.slider("liar_percent").input_value() == "40"
    for chart in explorer.CHARTS:
        assert explorer.changed(before[chart], chart) < 0.0005, chart


@pytest.mark.parametrize(("setting", "key"), [("kappa", "Home"), ("bonds_penalty", "Home")])
def test_every_slider_is_said_and_painted(explorer, setting, key):
    before = explorer.picture("validators")
    explorer.press(setting, key)
    assert "moves from" in explorer.details()
    assert explorer.changed(before, "validators") > 0.0005


def test_yuma_and_the_lie_are_choices_for_the_keyboard(explorer):
    page = explorer.page
    explorer.do(lambda: page.locator('[data-setting="yuma3"][value="false"]').press("ArrowDown"))
    assert explorer.details().startswith("Yuma moves from 2 to 3")
    explorer.do(lambda: page.locator('[data-setting="lie"][value="ignored"]').press("ArrowDown"))
    assert explorer.title("weights") == "Weights: the liars give miner 244 everything"


def test_a_validator_that_is_pointed_at_is_marked_in_every_chart_until_the_pointer_leaves_it(explorer):
    page = explorer.page
    marked = ("weights", "consensus", "validators", "bonds")
    # what is drawn, without pictures of it: taking one scrolls the page, and the pointer leaves the bar
    drawn = """charts => charts.map((chart) => [
        ...document.querySelectorAll(`[data-chart=${chart}] svg path`)
    ].map((path) => path.outerHTML).join())"""
    before = page.evaluate(drawn, marked)
    page.locator('[data-chart="validators"] [aria-roledescription="bar"]').first.hover()
    changed = f"([charts, before]) => ({drawn})(charts).every((svg, i) => svg !== before[i])"
    page.wait_for_function(changed, arg=[marked, before])
    page.mouse.move(5, 5)
    page.wait_for_function(changed.replace("!==", "==="), arg=[marked, before])


def test_quick_moves_leave_nothing_stale_behind(explorer):
    page = explorer.page
    slider = explorer.slider("liar_percent")
    slider.focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.tl-details').textContent.includes('from 40 % to 65 %')")
    assert slider.input_value() == "65"
    assert "on 65 % of stake" in explorer.title("validators")


def test_a_chart_below_the_screen_is_drawn_after_the_others_and_shows_the_same(explorer):
    page = explorer.page
    before = explorer.picture("bonds")
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(
        """() => {
            const drawn = document.querySelector("[data-chart=bonds] svg").innerHTML;
            document.addEventListener("tl-painted", () => {
                window.drawnLater = document.querySelector("[data-chart=bonds] svg").innerHTML === drawn;
            }, { once: true });
        }"""
    )
    explorer.press("liar_percent", "End")
    assert page.evaluate("window.drawnLater")
    assert explorer.changed(before, "bonds") > 0.002


def test_an_upright_window_and_a_dark_notebook_are_followed(explorer):
    page = explorer.page
    inside = "document.querySelector('.tl-stage').classList"
    page.evaluate(f"{inside}.replace('tl-whole', 'tl-inside')")
    page.set_viewport_size({"width": 800, "height": 1200})
    ends = "selector => document.querySelector(selector).getBoundingClientRect()"
    assert page.evaluate(f"({ends})('.tl-story').bottom <= ({ends})('.tl-closer').top")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.wait_for_selector(".tl-stage[data-theme=dark]")
    page.evaluate("delete document.body.dataset.jpThemeLight")
    page.wait_for_selector(".tl-stage[data-theme=light]")
    page.evaluate(f"{inside}.replace('tl-inside', 'tl-whole')")
