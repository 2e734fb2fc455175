import pytest

from tao_lab.views.explorer import ConsensusExplorer, bundle
from tao_lab.views.scenario import ScenarioError, Settings


@pytest.fixture
def explorer():
    return ConsensusExplorer(epochs=3)


def ask(explorer, tick, **settings):
    """What the page does when a slider moves."""
    explorer._request = {"tick": tick, "settings": {**explorer._picture["settings"], **settings}}


def test_an_answer_carries_the_tick_and_the_settings_of_its_request(explorer):
    ask(explorer, "a-1", liar_percent=60)
    assert explorer._picture["tick"] == "a-1"
    assert explorer._picture["settings"]["liar_percent"] == 60
    assert explorer.outcome.settings == Settings(liar_percent=60)


def test_the_sentence_compares_with_where_the_slider_was_taken_hold_of(explorer):
    for number, percent in enumerate((41, 45, 50, 55)):
        ask(explorer, f"a-{number}", liar_percent=percent)
    assert explorer.sentence.startswith("The liars' stake moves from 40 % to 55 %")
    ask(explorer, "a-9", kappa=45_874)
    assert explorer.sentence.startswith("Kappa moves from 50 % to 70 %")
    ask(explorer, "a-10", kappa=39_321)
    assert explorer.sentence.startswith("Kappa moves from 50 % to 60 %")


def test_reset_takes_everything_back_and_tells_of_no_move(explorer):
    start = explorer._picture
    ask(explorer, "a-1", liar_percent=60, yuma3=True, lie="popular")
    assert explorer._picture != start
    explorer._request = {"tick": "a-2", "settings": None}
    assert explorer._picture == {**start, "tick": "a-2"}


def test_python_moves_sliders_too(explorer):
    explorer.set(liar_percent=10, lie="popular")
    assert explorer._picture["settings"]["lie"] == "popular"
    explorer.reset()
    assert explorer.outcome.settings == Settings()


def test_a_setting_out_of_range_changes_nothing(explorer):
    before = explorer._picture
    with pytest.raises(ScenarioError, match="liar_percent is 71"):
        explorer.set(liar_percent=71)
    assert explorer._picture is before


def test_every_chart_has_a_title_and_a_text_alternative(explorer):
    parts = [*explorer._picture["charts"].values(), *explorer._picture["bonds"].values()]
    assert len(parts) == 4 + 13
    for part in parts:
        assert 10 < len(part["title"]) < 70
        assert len(part["alt"]) > 60


def test_type_is_large_enough_for_the_back_row():
    large = ConsensusExplorer(epochs=1, large=True)
    sizes = {spec["config"]["axis"][f"{part}FontSize"] for spec in large._specs.values() for part in ("label", "title")}
    assert min(sizes) >= 16


def test_the_script_brings_everything_with_it():
    script = bundle("explorer.js")
    assert "esm.sh" not in script
    assert "cdn.jsdelivr" not in script
    assert "import " not in script[:200]
