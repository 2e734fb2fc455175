import pytest

from tao_lab.consensus import epoch
from tao_lab.fixed import FLOAT
from tao_lab.views import ConsensusExplorer, rendering
from tao_lab.views.panel import PanelError, still_charts
from tao_lab.views.presentation import page_of


@pytest.fixture
def explorer():
    return ConsensusExplorer(epochs=3)


def ask(explorer, tick, since, **settings):
    """What the page does when a slider moves."""
    explorer._request = {"tick": tick, "settings": {**explorer.settings, **settings}, "since": since}


def test_an_answer_carries_the_tick_and_the_settings_of_its_request(explorer):
    ask(explorer, "a-1", None, liar_percent=60)
    assert explorer._picture["tick"] == "a-1"
    assert explorer._picture["settings"]["liar_percent"] == explorer.settings["liar_percent"] == 60


def test_the_words_below_compare_with_where_the_slider_was_taken_hold_of(explorer):
    start = explorer.settings
    for number, percent in enumerate((41, 45, 50, 55)):
        ask(explorer, f"a-{number}", start, liar_percent=percent)
    assert explorer._picture["details"].startswith("The liars' stake moves from 40 % to 55 %")
    ask(explorer, "a-9", explorer.settings, kappa=70)
    assert explorer._picture["details"].startswith("Kappa moves from 50 % to 70 %")


def test_a_bar_that_is_almost_whole_has_a_label_that_a_phone_has_room_for():
    explorer = ConsensusExplorer()
    ask(explorer, "a-1", None, liar_percent=51)
    assert explorer._picture["charts"]["dividends"]["rows"]["text"] == ["47 %", "53 %", "0 %", "> 99.9 %"]


def test_reset_takes_everything_back_and_tells_of_no_move(explorer):
    start = explorer._picture
    ask(explorer, "a-1", explorer.settings, liar_percent=60, yuma3=True, lie="popular")
    assert explorer._picture != start
    explorer._request = {"tick": "a-2", "settings": None}
    assert explorer._picture == {**start, "tick": "a-2"}


def test_a_setting_out_of_range_changes_nothing(explorer):
    before = explorer._picture
    with pytest.raises(PanelError, match="liar_percent is 71"):
        explorer.set(liar_percent=71)
    assert explorer._picture is before


def test_a_students_own_rule_computes_the_epochs():
    asked = []

    def rule(inputs, numbers):
        asked.append(numbers)
        return epoch(inputs, FLOAT)

    explorer = ConsensusExplorer(rule, epochs=3)
    assert len(asked) == 1 + 3
    assert explorer.sentence == ConsensusExplorer(epochs=3).sentence


def test_a_lab_and_a_lecture_show_the_same_page(explorer):
    page = page_of("consensus")
    assert explorer.page.story == page.story
    assert explorer.page.presets == page.presets
    assert explorer.page.specs.keys() == page.specs.keys()


def test_what_stays_in_a_saved_notebook_marks_the_liars_miner(explorer):
    charts = still_charts(explorer._specs, explorer._picture["charts"])
    values = [param["value"] for chart in charts for param in chart["spec"]["params"] if param["name"] == "target"]
    assert values.count("5") >= 3


def test_the_script_brings_everything_with_it():
    script = rendering.bundle(*rendering.STAGE)
    assert "esm.sh" not in script
    assert "cdn.jsdelivr" not in script
    assert "import " not in script[:200]
