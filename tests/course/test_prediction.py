"""A question shows nothing of its answer until a prediction is made and recorded."""

import pytest

from tao_lab.cards import Text
from tao_lab.course import predict, records
from tao_lab.course.asking import NOT_YET, PredictionError
from tao_lab.course.claims import AskedClaim, Claim, Evidence
from tao_lab.course.prediction import Prediction
from tao_lab.course.questions import Finding, Question

OPTIONS = ("one half", "all", "nothing")


@pytest.fixture(autouse=True)
def beside_nobodys_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def question(runs):
    def experiment():
        runs.append(records.load().predictions)
        return Finding(2, "It is a cliff.", (Text("49 %: 0"),))

    return Question("99.A", "How much?", OPTIONS, experiment)


def test_before_a_prediction_the_experiment_does_not_run():
    runs = []
    asked = Prediction(question(runs))
    shown = asked.widget()
    assert runs == []
    assert shown.answer == ""
    assert shown.chosen == NOT_YET
    assert "cliff" not in repr(asked)
    assert "2. all" in repr(asked)


def test_a_click_records_the_prediction_before_the_answer_shows():
    runs = []
    shown = Prediction(question(runs)).widget()
    shown.chosen = 1
    assert runs[0]["99.A"]["choice"] == "all"
    assert "Surprise" in shown.answer
    assert "nothing" in shown.answer


def test_only_the_first_prediction_counts():
    Prediction(question([]), 1)
    Prediction(question([]), 3)
    assert records.load().predictions["99.A"]["choice"] == "one half"


def test_a_prediction_that_holds_says_so():
    assert "As you predicted" in repr(Prediction(question([]), 3))


def test_only_the_first_prediction_counts_in_a_cell_that_was_run_twice():
    first, second = (Prediction(question([])).widget() for _ in range(2))
    first.chosen = 0
    second.chosen = 2
    assert "You predicted: “one half”." in second.answer
    assert records.load().predictions["99.A"]["choice"] == "one half"


def test_an_earlier_prediction_is_remembered():
    Prediction(question([]), 3)
    shown = Prediction(question([])).widget()
    assert shown.options[shown.chosen] == "nothing"
    assert "As you predicted" in shown.answer


def test_a_prediction_of_what_is_no_option_any_more_is_asked_again():
    records.record_prediction("99.A", "an option of an older release")
    assert "Predict first" in repr(Prediction(question([])))
    assert "You predicted: “all”." in repr(Prediction(question([]), 2))
    assert records.load().predictions["99.A"]["choice"] == "all"


def test_an_experiment_that_fails_says_so_where_the_answer_would_be():
    def fails():
        raise ValueError("no such subnet")

    shown = Prediction(Question("99.A", "How much?", OPTIONS, fails)).widget()
    with pytest.raises(ValueError, match="no such subnet"):
        shown.chosen = 0
    assert "no such subnet" in shown.answer


# --- claims ---


def claim(runs):
    def test():
        runs.append(records.load().predictions)
        return Evidence("outdated", "It was so until 2025.", {"blocks": "3"})

    return Claim(99, "Nothing changes", test)


def test_a_claim_shows_no_verdict_before_the_students_own():
    runs = []
    asked = AskedClaim(claim(runs))
    shown = asked.widget()
    assert "until 2025" not in repr(asked) + shown.answer
    assert runs == []
    shown.chosen = 0
    assert runs == [{"claim 99": records.load().predictions["claim 99"]}]
    assert "Outdated" in shown.answer
    assert "Your verdict was: “true”." in shown.answer


def test_a_verdict_that_holds_says_so_and_the_test_runs_once():
    runs = []
    asked = AskedClaim(claim(runs), 3)
    assert "That was your verdict, too." in repr(asked)
    assert asked.evidence.verdict == "outdated"
    assert len(runs) == 1


def test_a_notebook_without_widgets_shows_the_text():
    data, _ = predict("06.A")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith("Predict first:")


@pytest.mark.parametrize("choice", [0, 4, -1, "all"])
def test_a_choice_outside_the_options_is_refused(choice):
    with pytest.raises(PredictionError, match="allowed: a whole number from 1 to 3"):
        Prediction(question([]), choice)


def test_a_prediction_that_cannot_be_kept_still_gets_its_answer(monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(records.tempfile, "mkstemp", refuse)
    text = repr(Prediction(question([]), 2))
    assert "Surprise" in text
    assert "not kept" in text
