"""Dashboards without a browser: what a page says of itself, of each preset and of each step."""

from dataclasses import replace

import pytest

from tao_lab import headings, paths
from tao_lab.errors import LabError
from tao_lab.views.panel import PanelError
from tao_lab.views.presentation import Again, Preset, PresetRow, Stage, Step, page_of

NAMES = sorted(file.stem for file in (paths.LABS / "dashboards").glob("*.ipynb"))
QUICK = {"pool", "emission"}  # the others run epochs or a chain


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in NAMES]
)
def page(request):
    return page_of(request.param)


def test_the_notebook_has_the_title_and_the_sentence_of_the_page(page):
    heading = headings.heading_of(paths.LABS / "dashboards" / f"{page.name}.ipynb")
    assert (heading.title, heading.sentence) == (page.title, page.about)
    assert heading.labs


def test_every_preset_and_step_shows_a_short_sentence_with_every_chart_described(page):
    since = None
    for settings in (page.start, *page.places()):
        picture = page.draw(settings, since)
        assert 20 < len(picture.sentence) < 200, picture.sentence
        assert picture.charts.keys() == page.specs.keys()
        for chart in picture.charts.values():
            assert len(chart.alt) > 30
            assert len({len(column) for column in chart.rows.values()}) == 1
        since = settings


def test_a_page_keeps_nothing_between_two_readers(page):
    first = page.draw(page.start, None)
    for settings in page.places():
        page.draw(settings, page.start)
    assert page.draw(page.start, None) == first


def test_the_story_has_notes_for_every_step_and_a_sentence_that_a_room_can_hear(page):
    assert 3 <= len(page.story) <= 9
    for step in page.story:
        assert step.notes
        assert 20 < len(step.says) < 130
    assert page.presets


@pytest.fixture(scope="module")
def pool():
    return page_of("pool")


@pytest.mark.parametrize(
    "change",
    [
        {"presets": (PresetRow("Swap", (Preset("all", {"amount": 1_001}),)),)},
        {"story": (Step("Somebody swaps.", {"amuont": 10}),)},
        {"payoff": "curve"},
        {"beside": ("parts", "prices")},
    ],
)
def test_a_page_that_leads_nowhere_is_refused(pool, change):
    with pytest.raises(PanelError):
        replace(pool, **change)


def test_only_a_slider_can_play(pool):
    with pytest.raises(PanelError, match="plays is 'side'"):
        replace(pool, plays="side")


def test_a_long_run_tells_how_far_it_is_and_counts_how_often_it_was_asked_for(pool):
    asked, told = [], []

    def run(settings, count, tell):
        asked.append((settings["amount"], count))
        tell(0.5)
        return pool.draw(settings, None)

    stage = Stage(replace(pool, again=Again("Run it", run)))
    stage.observe(lambda change: told.append(change["new"]), "_progress")
    for count in (1, 2):
        stage._request = {"tick": f"a-{count}", "settings": {**stage.settings, "amount": 10}, "again": count}
    assert asked == [(10, 1), (10, 2)]
    assert told == [0.5, 0.0, 0.5]
    assert (stage._picture["tick"], stage.settings["amount"]) == ("a-2", 10)
    with pytest.raises(PanelError, match="amount is -1"):
        stage._request = {"tick": "a-3", "settings": {**stage.settings, "amount": -1}, "again": 3}


@pytest.mark.slow
def test_a_page_compares_with_what_the_browser_says_it_was_before():
    stage = Stage(page_of("emission"))
    start = stage.settings
    stage._request = {"tick": "a-1", "settings": {**start, "burn": 50}, "since": start}
    assert stage._picture["charts"]["tao"]["title"] == "Subnet A gets 33.3 % of the block, before 58.6 %"
    with pytest.raises(PanelError, match="burn is 101"):
        stage._request = {"tick": "a-2", "settings": start, "since": {**start, "burn": 101}}
    stage._request = {"tick": "a-3", "settings": None, "since": None}
    assert stage.settings == start
    assert stage._picture["charts"]["tao"]["title"] == "Subnet A gets 58.6 % of the block"


def test_a_wrong_name_gets_the_names_there_are():
    with pytest.raises(LabError, match="pool"):
        page_of("pol")
