"""Run a subnet's own rule: check its tasks and scores, and report a failure with the rule's name and value.

The rule is a Python file that somebody wrote. One answer can make a careless rule fail, for example if the rule divides
by the length of the answer. Then this answer gets 0, the failure is reported, and the other answers are scored without
it. A rule that fails on every answer is wrong, and that is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tao_lab.errors import LabError, a_kind
from tao_lab.foreign import escaped
from tao_lab.neurons.work import Answer, Forward, Round, Score, Subnet

LEFT_OUT = "left out: the rule failed on this answer"


class BadRule(LabError):  # noqa: N818 - named by what it is
    """A subnet's own function raised an error, or returned an invalid value.

    Attributes:
        index: place of the answer whose score is bad; None if it isn't known.
        by_answer: whether an answer can be the reason. It cannot if the number of scores is wrong.
    """

    def __init__(self, rule: str, what: str, allowed: str, index: int | None = None, *, by_answer: bool = True) -> None:
        super().__init__(f"{rule} {what}; allowed: {allowed}")
        self.index, self.by_answer = index, by_answer


def make_round(subnet: Subnet, seed: int) -> Round:
    """A task by the subnet's rule.

    Raises:
        BadRule: It raised an error, or did not return a round.
    """
    rule = _name(subnet.make_round)
    asked = _called(rule, lambda: subnet.make_round(seed))
    if not isinstance(asked, Round):
        raise BadRule(rule, f"returned {_shown(asked)}", "a Round")
    return asked


def miners(subnet: Subnet) -> dict[str, Forward]:
    """The subnet's own miners by name, the honest one first.

    Raises:
        BadRule: Its function raised an error, or did not return miners.
    """
    rule = _name(subnet.miners)
    found = _called(rule, subnet.miners)
    if not isinstance(found, Mapping) or not found or not all(callable(forward) for forward in found.values()):
        raise BadRule(rule, f"returned {_shown(found)}", "a dict of functions by name, the honest miner first")
    return {str(name): forward for name, forward in found.items()}


def score(subnet: Subnet, asked: Round, answers: Sequence[Answer]) -> list[Score]:
    """A score for each answer by the subnet's rule.

    Raises:
        BadRule: It raised an error, or did not return a `Score` from 0 to 1 for each answer.
    """
    rule = _name(subnet.score)
    scores = _called(rule, lambda: subnet.score(asked, answers))
    if not isinstance(scores, list | tuple) or len(scores) != len(answers):
        gave = f"{len(scores)} scores" if isinstance(scores, list | tuple) else _shown(scores)
        allowed = f"a list of {len(answers)} scores, one for each answer"
        raise BadRule(rule, f"returned {gave} for {len(answers)} answers", allowed, by_answer=False)
    return [_checked(rule, one, index) for index, one in enumerate(scores)]


def score_without_failures(
    subnet: Subnet, asked: Round, answers: Sequence[Answer], *, proven: bool
) -> tuple[list[Score], dict[int, BadRule]]:
    """Scores, with 0 for each answer on which the rule fails, and these failures by the answer's index.

    Args:
        subnet: The kind of work.
        asked: The round that was asked.
        answers: The answers.
        proven: Whether this rule has scored an answer before. If so, the answers are the reason even if it fails on
            all.

    Raises:
        BadRule: The rule fails on every answer, or even without answers.
    """
    try:
        return score(subnet, asked, answers), {}
    except BadRule as error:
        if not error.by_answer:
            raise
        first = error
    came = [index for index, answer in enumerate(answers) if not answer.problem]
    failures = {index: failure for index in came if (failure := _failure(subnet, asked, answers, index))}
    if not failures or (len(failures) == len(came) and not proven):
        raise first
    scores = score(subnet, asked, _without(answers, set(failures)))
    for index, failure in failures.items():
        scores[index] = Score(0.0, str(failure))
    return scores, failures


def _failure(subnet: Subnet, asked: Round, answers: Sequence[Answer], index: int) -> BadRule | None:
    """How the rule fails on one answer alone; None if it does not fail."""
    try:
        score(subnet, asked, _without(answers, set(range(len(answers))) - {index}))
    except BadRule as error:
        return error
    return None


def _without(answers: Sequence[Answer], places: set[int]) -> list[Answer]:
    return [
        Answer(None, answer.seconds, answer.problem or LEFT_OUT) if index in places else answer
        for index, answer in enumerate(answers)
    ]


def _called(rule: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except LabError:
        raise  # the user can fix this, for example by downloading a model
    except (Exception, SystemExit) as error:
        what = escaped(f"raised {type(error).__name__}: {error}")
        raise BadRule(rule, what, "no exception, whatever the answers are") from error


def _checked(rule: str, given: Any, index: int) -> Score:
    allowed = "a Score whose value is a Python float from 0 to 1, and whose reason is a string"
    place = f"for answer {index + 1}"
    if not isinstance(given, Score) or not isinstance(given.reason, str):
        raise BadRule(rule, f"gave {_shown(given)} {place}", allowed, index)
    value = given.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        what = f"gave the value {_shown(value)} ({type(value).__module__}.{type(value).__name__}) {place}"
        raise BadRule(rule, what, f"{allowed}: write float(…)", index)
    if not 0 <= value <= 1:  # NaN isn't either
        raise BadRule(rule, f"gave the value {_shown(value)} {place}", allowed, index)
    return Score(float(value), given.reason)


def _name(function: Callable[..., Any]) -> str:
    """The name of the rule's function with its module."""
    module = getattr(function, "__module__", type(function).__module__)
    return f"{module}.{getattr(function, '__qualname__', type(function).__name__)}"


def _shown(value: Any) -> str:
    try:
        return escaped(repr(value), 80)
    except Exception:  # noqa: BLE001 - a foreign object's `repr`, or an integer of thousands of digits
        return a_kind(value)
