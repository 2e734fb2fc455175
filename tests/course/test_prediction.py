"""A question shows nothing of its answer until a prediction is made and recorded."""

import pytest

from tao_lab.cards import Text
from tao_lab.course import predict, records
from tao_lab.course.prediction import Prediction, PredictionError
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


def parts(prediction):
    """Radio buttons, button and answer of the widget."""
    _, options, button, answer = prediction.widget().children
    return options, button, answer


def test_before_a_prediction_the_experiment_does_not_run():
    runs = []
    asked = Prediction(question(runs))
    options, button, answer = parts(asked)
    assert runs == []
    assert button.disabled
    assert answer.value == ""
    assert options.value is None
    assert "cliff" not in repr(asked)
    assert "2. all" in repr(asked)


def test_a_click_records_the_prediction_before_the_answer_shows():
    runs = []
    options, button, answer = parts(Prediction(question(runs)))
    options.index = 1
    assert not button.disabled
    assert answer.value == ""
    button.click()
    assert runs[0]["99.A"]["choice"] == "all"
    assert "Surprise" in answer.value
    assert "nothing" in answer.value
    assert options.disabled


def test_only_the_first_prediction_counts():
    Prediction(question([]), 1)
    Prediction(question([]), 3)
    assert records.load().predictions["99.A"]["choice"] == "one half"


def test_a_prediction_that_holds_says_so():
    assert "As you predicted" in repr(Prediction(question([]), 3))


def test_an_earlier_prediction_is_remembered():
    Prediction(question([]), 3)
    options, button, answer = parts(Prediction(question([])))
    assert options.value == "nothing"
    assert button.disabled
    assert "As you predicted" in answer.value


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
