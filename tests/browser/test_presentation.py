"""The dashboards on a projector, a tablet and a phone: what is measured here is what the last row can see."""

import pytest

from tao_lab import headings, paths
from tao_lab.bench import _browser
from tao_lab.views.presentation import page_of, present

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NAMES = sorted(file.stem for file in (paths.LABS / "dashboards").glob("*.ipynb"))
SIZES = {"projector": (1280, 720), "full HD": (1920, 1080), "phone": (390, 844), "tablet": (820, 1180)}

# px that each part reaches below the screen, or above it; 0 where all of it is seen
OUTSIDE = """(selectors) => Object.fromEntries(selectors.map((selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return [selector, Math.round(Math.max(0, box.bottom - innerHeight, -box.top, box.right - innerWidth, -box.left))];
}))"""

# The least size of letters that are seen, px on the screen, and what is written in them.
SMALLEST = """() => {
    const sizes = [];
    for (const e of document.querySelectorAll(".tl-first *")) {
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
        const turned = e.ownerSVGElement ? e.getScreenCTM() : { a: 1, b: 0 };
        sizes.push([parseFloat(getComputedStyle(e).fontSize) * Math.hypot(turned.a, turned.b), e.textContent]);
    }
    return sizes.sort((a, b) => a[0] - b[0])[0];
}"""

# Wider than its place, letters outside their picture, letters on top of each other.
CLIPPED = """() => {
    const found = [...document.querySelectorAll(".tl-stage *")]
        .filter((e) => !e.closest("svg") && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1)
        .filter((e) => !["auto", "scroll"].includes(getComputedStyle(e).overflowX))
        .map((e) => `too wide: ${e.className} ${e.textContent.slice(0, 60)}`);
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the screen");
    for (const canvas of document.querySelectorAll(".tl-canvas")) {
        const name = canvas.closest("[data-chart]").dataset.chart;
        const all = canvas.getBoundingClientRect();
        const isSeen = (text) => text.textContent.trim() && getComputedStyle(text).opacity !== "0";
        const texts = [...canvas.querySelectorAll("text")].filter(isSeen);
        const boxes = texts.map((t) => [t.textContent.trim(), t.getBoundingClientRect()]);
        for (const [text, box] of boxes)
            if (Math.min(box.left - all.left, all.right - box.right, box.top - all.top, all.bottom - box.bottom) < -2)
                found.push(`${name}: cut at the edge: ${text}`);
        boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 3 && down > 4) found.push(`${name}: on top of each other: ${one} | ${other}`);
        }));
    }
    return found;
}"""

# Each chart is drawn for the place that it has now, in the letters of this screen.
PLACED = """() => [...document.querySelectorAll(".tl-canvas")].every((canvas) => {
    const scale = parseFloat(getComputedStyle(document.querySelector(".tl-stage")).fontSize) / 16;
    const size = [canvas.clientWidth, canvas.clientHeight].map((px) => Math.floor(px / scale));
    return canvas.dataset.size === size.join(" x ");
})"""


# The dashboard takes the whole page.
FILLS = """() => {
    const { x, y, width } = document.querySelector(".tl-stage").getBoundingClientRect();
    return x === 0 && y === 0 && width === document.documentElement.clientWidth;
}"""


class Shown:
    """A dashboard on a page, as a person sees and moves it."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.stage = present(name)
        _browser.show_widget(page, self.stage)

    def resize(self, size):
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function(PLACED)

    def hears(self, says):
        """Wait until a step is told and its charts are painted."""
        self.page.wait_for_function("text => document.querySelector('.tl-says').textContent === text", arg=says)
        self.page.wait_for_selector(".tl-stage[aria-busy=false]")

    def text(self, selector):
        return self.page.locator(selector).inner_text()


@pytest.fixture(scope="module", params=NAMES)
def shown(request, visit):
    page = visit.page.context.new_page()
    yield Shown(page, request.param)
    page.close()


@pytest.mark.parametrize("size", ["projector", "full HD"])
def test_control_sentence_and_payoff_lie_on_the_first_screen_in_large_letters(shown, size):
    shown.resize(size)
    seen = ["h1", ".tl-panel", ".tl-sentence", ".tl-payoff", ".tl-story"]
    assert shown.page.evaluate(OUTSIDE, seen) == dict.fromkeys(seen, 0)
    smallest, text = shown.page.evaluate(SMALLEST)
    assert smallest > 24 * SIZES[size][1] / 1080 - 0.1, text
    areas = shown.page.evaluate(
        "[...document.querySelectorAll('.tl-first .tl-canvas')].map((c) => c.clientWidth * c.clientHeight)"
    )
    assert areas[0] == max(areas)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_clipped_and_nothing_lies_on_something_else(shown, size):
    shown.resize(size)
    found = shown.page.evaluate(CLIPPED)
    assert found == [], found


def test_on_a_phone_the_first_control_stays_in_sight_and_the_others_are_a_touch_away(shown):
    shown.resize("phone")
    page = shown.page
    page.evaluate("document.querySelector('.tl-payoff').scrollIntoView()")
    assert page.evaluate("document.querySelector('.tl-panel').getBoundingClientRect().top") == 0
    inputs = page.locator(".tl-controls input:visible")
    few = inputs.count()
    assert few >= 1
    page.click(".tl-more")
    assert inputs.count() > few
    page.click(".tl-more")
    assert inputs.count() == few
    page.evaluate("scrollTo(0, 0)")


def test_keys_tell_the_story_and_reset_begins_again(shown):
    shown.resize("projector")
    page, first = shown.page, shown.text(".tl-sentence")
    story = page_of(shown.name).story
    keys = ("ArrowRight", "PageDown")
    for number, step in enumerate(story):
        page.keyboard.press(keys[number % 2])
        shown.hears(step.says)
        assert {**shown.stage.page.start, **step.settings} == shown.stage.settings
        assert shown.text(".tl-sentence") == shown.stage.sentence
        found = page.evaluate(CLIPPED)
        assert found == [], (step.says, found)
    page.keyboard.press("PageUp")
    shown.hears(story[-2].says)
    page.locator(".tl-reset").click()
    shown.hears("A story: Next, → or Page Down.")
    assert shown.stage.settings == shown.stage.page.start
    assert shown.text(".tl-sentence") == first


def test_a_preset_moves_its_controls_and_looks_pressed(shown):
    for row in shown.stage.page.presets:
        for preset in row.presets:
            button = shown.page.get_by_role("group", name=row.label).get_by_role(
                "button", name=preset.label, exact=True
            )
            button.click()
            shown.page.wait_for_selector(".tl-stage[aria-busy=false]")
            assert preset.settings.items() <= shown.stage.settings.items()
            assert button.get_attribute("aria-pressed") == "true"
    shown.page.locator(".tl-reset").click()
    shown.page.wait_for_selector(".tl-stage[aria-busy=false]")


def test_a_slider_plays_to_its_end_and_a_hand_stops_it(shown):
    played = shown.stage.page.plays
    if not played:
        pytest.skip("nothing plays here")
    page = shown.page
    slider = next(control for control in shown.stage.page.controls if control.name == played)
    end = f'document.querySelector(\'[data-setting="{played}"]\').value === "{slider.high:g}"'
    page.locator(f'[data-setting="{played}"]').fill(f"{slider.high - slider.step:g}")
    page.click(".tl-play")
    page.wait_for_function(end)
    page.wait_for_selector(".tl-play[aria-pressed=false]")
    page.click(".tl-play")
    page.wait_for_function(f"!({end})")
    page.wait_for_selector(".tl-play[aria-pressed=true]")
    page.locator(".tl-reset").click()
    page.wait_for_selector(".tl-stage[aria-busy=false]")
    assert page.get_attribute(".tl-play", "aria-pressed") == "false"
    page.wait_for_function(
        "text => document.querySelector('.tl-sentence').textContent === text", arg=shown.stage.sentence
    )


def test_a_long_run_shows_a_bar_and_then_what_it_found(shown):
    if shown.stage.page.again is None:
        pytest.skip("nothing runs long here")
    shown.page.click(".tl-again button")
    shown.page.wait_for_selector(".tl-again button:enabled")
    shown.page.wait_for_selector(".tl-stage[aria-busy=false]")
    assert "Just run with seed" in shown.text(".tl-sentence")
    assert shown.stage._progress == 1
    assert not shown.page.locator(".tl-again progress").is_visible()
    assert shown.page.locator(".tl-again button").is_enabled()
    shown.page.locator(".tl-reset").click()
    shown.page.wait_for_selector(".tl-stage[aria-busy=false]")
    assert "Just run" not in shown.text(".tl-sentence")


def test_notes_are_for_the_speaker_only(shown):
    notes = shown.page.locator(".tl-notes")
    assert not notes.is_visible()
    shown.page.keyboard.press("n")
    assert notes.is_visible()
    shown.page.keyboard.press("n")
    assert not notes.is_visible()


def test_notes_move_to_a_window_of_the_speaker_and_keys_there_tell_the_story(shown):
    page, story = shown.page, page_of(shown.name).story
    page.keyboard.press("n")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Own window").click()
    window = opened.value
    assert not page.locator(".tl-notes").is_visible()
    window.keyboard.press("PageDown")
    shown.hears(story[0].says)
    assert window.inner_text("p >> nth=0") == story[0].notes
    window.close()
    page.locator(".tl-reset").click()
    page.wait_for_selector(".tl-stage[aria-busy=false]")


def test_a_page_that_computes_for_long_says_so(shown):
    sign = "getComputedStyle(document.querySelector('.tl-sentence'), '::after')"
    assert shown.page.evaluate(f"{sign}.content") == "none"
    shown.page.evaluate("document.querySelector('.tl-stage').setAttribute('aria-busy', true)")
    shown.page.wait_for_function(f"{sign}.content.includes('computing') && {sign}.opacity === '1'")
    shown.page.evaluate("document.querySelector('.tl-stage').setAttribute('aria-busy', false)")


def test_a_page_keeps_nobody_out(shown, violations):
    assert violations(shown.page, ".tl-stage") == []


def test_a_dark_room_gets_a_dark_page_that_keeps_nobody_out(shown, violations):
    page = shown.page
    ground = "getComputedStyle(document.querySelector('.tl-stage')).backgroundColor"
    light = page.evaluate(ground)
    page.locator(".tl-theme").click()
    assert page.evaluate(ground) != light
    assert violations(page, ".tl-stage") == []
    page.locator(".tl-theme").click()
    assert page.evaluate(ground) == light


def test_voila_lists_dashboards_and_labs_and_opens_one(visit, voila_address, violations):
    page = visit.page
    page.goto(voila_address)
    text = page.inner_text("main")
    for each in (*headings.dashboards(), *headings.labs()):
        assert each.title in text
        assert each.sentence in text
    assert violations(page) == []
    page.click("text=What is an alpha worth?")
    page.wait_for_selector("[data-painted]:not([aria-busy=true])")
    assert page.locator(".jp-InputArea:visible").count() == 0
    assert violations(page) == []
    assert page.locator("h1:visible").all_inner_texts() == ["What is an alpha worth?"]
    assert page.get_attribute(".tl-stage", "data-theme") == "light"
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.wait_for_selector("[data-painted]:not([aria-busy=true])")
    assert page.get_attribute(".tl-stage", "data-theme") == "dark"
    page.wait_for_function(FILLS)
    seen = ["h1", ".tl-panel", ".tl-sentence", ".tl-payoff", ".tl-story"]
    assert page.evaluate(OUTSIDE, seen) == dict.fromkeys(seen, 0)
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(FILLS)
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("scrollTo(0, 200)")
    page.wait_for_function("scrollY === 200 && document.querySelector('.tl-panel').getBoundingClientRect().top === 0")
    before = page.inner_text(".tl-sentence")
    page.keyboard.press("PageDown")
    page.wait_for_function("before => document.querySelector('.tl-sentence').textContent !== before", arg=before)
    page.click("text=☰ Pages")
    page.click("nav >> text=Start page")
    page.wait_for_selector("text=Where does the next TAO go?")
