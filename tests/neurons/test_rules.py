"""A subnet's own rule that raises, or returns what it may not, is named with what it gave."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tao_lab.errors import LabError
from tao_lab.neurons import rules
from tao_lab.neurons.rules import BadRule
from tao_lab.neurons.work import Answer, Round, Score, Task
from tao_lab.subnets.play import play
from tests.neurons.doubling import Doubling

ASKED = Round(Task("t1", "doubling", {"number": 3}), {"double": 6})
ANSWERS = [Answer(6), Answer(5), Answer(None, 0.0, "timeout")]


class Custom(Doubling):
    """Doubling with another rule."""

    def __init__(self, rule: Callable[[Sequence[Answer]], Any]) -> None:
        self.rule = rule

    def score(self, asked: Round, answers: Sequence[Answer]) -> list[Score]:
        scores: list[Score] = self.rule(answers)
        return scores


def constant(value: Any, reason: Any = "so it is") -> Callable[[Sequence[Answer]], Any]:
    return lambda answers: [Score(value, reason) for _ in answers]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (constant(float("nan")), "gave the value nan for answer 1"),
        (constant(float("inf")), "gave the value inf"),
        (constant(float("-inf")), "gave the value -inf"),
        (constant(-0.25), "gave the value -0.25"),
        (constant(1.0000001), "gave the value 1.0000001"),
        (constant(10**5_000), "gave the value an int"),
        (constant(np.float32(0.5)), r"0\.5.*numpy\.float32.*write float"),
        (constant(np.int64(1)), r"numpy\.int64"),
        (constant(True), r"True \(builtins\.bool\)"),
        (constant(None), r"None \(builtins\.NoneType\)"),
        (constant("0.5"), r"'0\.5' \(builtins\.str\)"),
        (constant(0.5, None), r"gave Score\(value=0\.5, reason=None\)"),
        (lambda answers: [0.5 for _ in answers], r"gave 0\.5 for answer 1; allowed: a Score"),
        (lambda answers: [None for _ in answers], "gave None for answer 1"),
        (lambda _: [Score(0.5, "one")], "returned 1 scores for 3 answers"),
        (lambda _: [Score(0.5, "one")] * 4, "returned 4 scores for 3 answers"),
        (lambda _: None, "returned None"),
        (lambda _: {}, "returned {}"),
        (lambda _: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda _: Path("/no/such/file").read_text(), "raised FileNotFoundError"),
        (lambda answers: answers[0].content["x"], "raised TypeError"),
    ],
)
@pytest.mark.parametrize("proven", [False, True])
def test_a_rule_that_is_wrong_is_named_with_what_it_gave(rule: Any, says: str, proven: bool) -> None:
    with pytest.raises(BadRule, match=says) as caught:
        rules.score(Custom(rule), ASKED, ANSWERS)
    assert str(caught.value).startswith("tests.neurons.test_rules.Custom.score ")
    assert isinstance(caught.value, LabError)
    with pytest.raises(BadRule, match=says):  # it fails without answers as well, so that no miner is to blame
        rules.score_without_failures(Custom(rule), ASKED, ANSWERS, proven=proven)
    with pytest.raises(BadRule, match=r"Custom\.score"):
        play(Custom(rule), rounds=1)


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, np.float64(0.25)])
def test_a_score_becomes_a_python_float(value: Any) -> None:
    scores = rules.score(Custom(constant(value)), ASKED, ANSWERS)
    assert [type(score.value) for score in scores] == [float] * 3
    assert [score.value for score in scores] == [float(value)] * 3


def by_length(answers: Sequence[Answer]) -> list[Score]:
    """A careless rule: it raises for an empty answer, and is above 1 for a negative number."""
    return [
        Score(0.0, answer.problem) if answer.problem else Score(1 / answer.content + 2 * (answer.content < 0), "part")
        for answer in answers
    ]


@pytest.mark.parametrize(("bad", "says"), [(0, "raised ZeroDivisionError"), (-2, "gave the value 1.5")])
def test_an_answer_on_which_the_rule_fails_costs_only_its_miner(bad: int, says: str) -> None:
    answers = [Answer(2), Answer(bad), Answer(4), Answer(None, 0.0, "timeout")]
    scores, failures = rules.score_without_failures(Custom(by_length), ASKED, answers, proven=False)
    assert [score.value for score in scores] == [0.5, 0.0, 0.25, 0.0]
    assert list(failures) == [1]
    assert says in scores[1].reason
    assert "Custom.score" in scores[1].reason


def test_a_rule_that_has_worked_is_not_ended_by_hostile_answers_alone() -> None:
    answers = [Answer(0), Answer(None, 0.0, "timeout")]
    with pytest.raises(BadRule, match="ZeroDivisionError"):
        rules.score_without_failures(Custom(by_length), ASKED, answers, proven=False)
    scores, failures = rules.score_without_failures(Custom(by_length), ASKED, answers, proven=True)
    assert ([score.value for score in scores], list(failures)) == ([0.0, 0.0], [0])


@pytest.mark.parametrize("given", [None, Task("t", "k", {}), OSError("no disk")])
def test_a_task_is_checked_as_well(given: Any) -> None:
    class Wrong(Doubling):
        def make_round(self, seed: int) -> Round:
            if isinstance(given, Exception):
                raise given
            task: Round = given
            return task

    with pytest.raises(BadRule, match=r"Wrong\.make_round (returned|raised)"):
        rules.make_round(Wrong(), 1)


def test_what_a_person_can_mend_comes_through_as_it_is() -> None:
    def away(_: Sequence[Answer]) -> list[Score]:
        raise LabError("fetch the model first")

    with pytest.raises(LabError, match=r"^fetch the model first$"):
        rules.score(Custom(away), ASKED, ANSWERS)
