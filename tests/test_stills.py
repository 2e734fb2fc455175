"""A widget is followed by what stays when its kernel has ended, and a bar by nothing."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tao_lab import bars, stills
from tao_lab.course.asking import Choice, _still
from tao_lab.views import EmissionExplorer, RegistrationExplorer

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shown(monkeypatch):
    """What a notebook gets when an object shows itself: the data of each output."""
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    InteractiveShell.instance()

    def outputs(show):
        with capture_output() as captured:
            show()
        return [output.data for output in captured.outputs]

    yield outputs
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("kind", [EmissionExplorer, RegistrationExplorer])
def test_an_explorer_leaves_its_pictures_with_their_text_and_says_how_to_wake_it(shown, kind):
    widget, still = shown(kind()._ipython_display_)
    assert VIEW in widget
    assert VIEW not in still
    assert "Run → Run All Cells" in still["text/html"]
    assert '<img class="tl-picture"' in still["text/html"]
    assert len(still["text/html"]) < 300_000


def test_voila_shows_the_widget_only(shown, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    (widget,) = shown(EmissionExplorer()._ipython_display_)
    assert VIEW in widget


def test_what_stays_is_renewed_when_it_says_something_new(shown):
    words = ["before"]

    def show():
        renew = stills.show({VIEW: {}}, lambda: words[0])
        words[0] = "after"
        renew()

    _, first, second = shown(show)
    assert ("before" in first["text/html"], "after" in second["text/html"]) == (True, True)


def test_a_question_leaves_its_options_and_the_one_that_was_chosen():
    left = _still(Choice(prompt="How much?", options=["all", "<none>"], chosen=1, answer="Surprise"))
    assert [mark + text in left for mark, text in (("○ ", "all"), ("● ", "&lt;none&gt;"))] == [True, True]
    assert left.endswith("Surprise")


def test_a_bar_takes_its_output_away(shown):
    def count():
        with bars.PassingBar(total=2) as bar:
            bar.update(2)

    first, last = shown(count)
    assert VIEW in first
    assert last["text/html"] == ""


def test_outside_a_notebook_a_bar_is_tqdms(capsys):
    assert list(bars.passing_bar([1, 2])) == [1, 2]
