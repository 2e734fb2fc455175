"""`check`: is a student's function right, and if not, which mistake is it?

The function runs on the exercise's cases. A wrong one is compared with the wrong answers that people give: the one
that behaves the same on the same cases names the mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from tao_lab.cards import Block, Card, Text, Tone
from tao_lab.course import records
from tao_lab.course.compare import differences, same_values, show_case
from tao_lab.course.exercise import Case, Exercise, Values, WrongAnswer
from tao_lab.course.running import Raised, Ran, TimeUp, has_source, is_blank, run, time_limit
from tao_lab.vectors import AnswerError

State = Literal["not started", "right", "wrong", "raised", "did not end"]
TONE_OF: dict[str, Tone] = {
    "not started": "waiting",
    "right": "right",
    "wrong": "wrong",
    "raised": "raised",
    "did not end": "raised",
}


@dataclass(frozen=True, repr=False)
class CheckResult:
    """What `check` found.

    Attributes:
        exercise: id.
        state: in a word.
        hint: what to do about it; empty if the function is right.
        mistake: name of the wrong answer that behaves the same, or empty.
        usable: whether every case gave an answer, right or wrong.
        card: all of it, to be shown.
    """

    exercise: str
    state: State
    hint: str
    mistake: str
    usable: bool
    card: Card

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


@dataclass(frozen=True)
class Attempt:
    """One case, and what a function made of it: values, or a problem in words."""

    case: Case
    ran: Ran
    values: Values | None = None
    problem: str = ""

    @property
    def raised(self) -> Raised | None:
        """What the function raised."""
        return self.ran.raised


def check(exercise: Exercise, function: Any, seconds: float | None = None) -> CheckResult:
    """Judge a student's function and note the result in the student's record.

    Args:
        exercise: what should be solved.
        function: the student's function.
        seconds: that it may take for all cases together; by default what the exercise allows.
    """
    return note(judge(exercise, function, seconds))


def not_checked(exercise: Exercise, problem: str) -> CheckResult:
    """The result for a function whose cell failed when it last ran: what is there is older than its text."""
    hint = f"The cell with your function stopped with {problem}. Mend it, run it, then check again."
    return _result(exercise, "raised", hint)


def note(result: CheckResult) -> CheckResult:
    """Note a result in the student's record; the card says if the record needs attention."""
    notice = records.record_check(result.exercise, result.state)
    if not notice:
        return result
    return replace(result, card=replace(result.card, blocks=(*result.card.blocks, Text(notice))))


def judge(exercise: Exercise, function: Any, seconds: float | None = None) -> CheckResult:
    """Judge a student's function; nothing is written, nothing is raised."""
    if not callable(function):
        hint = (
            f"`check` needs the function itself: `check({exercise.id!r}, {exercise.name})`, without parentheses after "
            f"its name. It was given a {type(function).__name__}."
        )
        return _result(exercise, "wrong", hint)
    if is_blank(function):
        return _not_started(exercise)
    cases = exercise.make_cases()
    seconds = exercise.seconds if seconds is None else seconds
    attempts: list[Attempt] = []
    try:
        with time_limit(seconds):
            for case in cases:
                attempts.append(_attempt(exercise, function, case))
    except TimeUp:
        case = cases[min(len(attempts), len(cases) - 1)]
        hint = (
            f"Your function was stopped after {seconds:g} s, on this case: {case.about}. "
            "Does it hold a loop that never ends?"
        )
        return _result(exercise, "did not end", hint)
    if all(_is_not_implemented(attempt.ran) for attempt in attempts) and not (
        has_source(function) and attempts[0].ran.result is None and attempts[0].raised is None
    ):
        return _not_started(exercise)
    return _judge_attempts(exercise, attempts)


def _attempt(exercise: Exercise, function: Callable[..., Any], case: Case) -> Attempt:
    ran = run(function, case.arguments)
    if ran.raised is not None:
        return Attempt(case, ran)
    try:
        return Attempt(case, ran, exercise.read(ran.result, case))
    except AnswerError as error:
        return Attempt(case, ran, problem=str(error))


def _is_not_implemented(ran: Ran) -> bool:
    if ran.raised is not None:
        return ran.raised.kind == "NotImplementedError"
    return ran.result is None or ran.result is NotImplemented or ran.result is Ellipsis


def _not_started(exercise: Exercise) -> CheckResult:
    hint = f"Replace the `...` in `{exercise.name}` by your own lines, run that cell, then this one."
    return _result(exercise, "not started", hint)


def _judge_attempts(exercise: Exercise, attempts: list[Attempt]) -> CheckResult:
    usable = all(attempt.values is not None for attempt in attempts)
    expected = [exercise.expected(attempt.case) for attempt in attempts]
    right = [_is_right(attempt, values) for attempt, values in zip(attempts, expected, strict=True)]
    suspect = next((a for a, ok in zip(attempts, right, strict=True) if a.ran.changed or not ok), None)
    if suspect is not None and suspect.ran.changed:
        return _result(exercise, "wrong", _changed_hint(suspect.ran.changed), usable=usable)
    if suspect is None:
        agree = f"All {len(attempts)} cases agree." if len(attempts) > 1 else "It agrees."
        said = (Text(agree), Text(exercise.unlocks))
        return _result(exercise, "right", "", blocks=said, usable=True)

    place = right.index(False)
    attempt = attempts[place]
    mistake = _find_mistake(exercise, attempts, right)
    hint = mistake.hint if mistake else _hint(exercise, attempts, right, attempt)
    score = Text(f"{sum(right)} of {len(right)} cases are right. The first that is not: {attempt.case.about}.")
    seen = _what_happened(attempt, expected[place], hint)
    state: State = "raised" if attempt.raised is not None else "wrong"
    blocks = (score, *show_case(attempt.case), *seen)
    return _result(exercise, state, hint, mistake.name if mistake else "", blocks, usable)


def _is_right(attempt: Attempt, expected: Values) -> bool:
    return attempt.values is not None and same_values(attempt.values, expected, attempt.case)


def _what_happened(attempt: Attempt, expected: Values, hint: str) -> tuple[Block, ...]:
    """What came out of a case that is not right: numbers that differ, a problem, or where it raised."""
    if attempt.values is not None:
        return differences(attempt.values, expected, attempt.case)
    if attempt.raised is None:
        return () if attempt.problem == hint else (Text(attempt.problem),)
    if attempt.raised.line is None:
        return ()
    raised = attempt.raised
    error = "" if raised.message in hint else f"`{raised}`. "
    text = f": `{raised.text}`" if raised.text else "."
    return (Text(f"{error}It stopped in line {raised.line} of your cell{text}"),)


def _result(
    exercise: Exercise,
    state: State,
    hint: str,
    mistake: str = "",
    blocks: tuple[Block, ...] = (),
    usable: bool = False,
) -> CheckResult:
    said = (Text(hint),) if hint else ()
    badge = "Raised an error" if state == "raised" else state.capitalize()
    card = Card(TONE_OF[state], badge, f"{exercise.id} {exercise.title}", (*said, *blocks))
    return CheckResult(exercise.id, state, hint, mistake, usable, card)


# --- which mistake is it? ---


def _find_mistake(exercise: Exercise, attempts: list[Attempt], right: list[bool]) -> WrongAnswer | None:
    """The wrong answer that behaves the same on all cases, or else on those over floats."""
    floats = [i for i, attempt in enumerate(attempts) if not attempt.case.exact]
    rounds = [list(range(len(attempts)))]
    if not all(right[i] for i in floats):
        rounds.append(floats)
    return next(
        (
            wrong
            for places in rounds
            for wrong in exercise.wrong_answers
            if all(_behave_alike(attempts[i], _wrong_attempt(exercise, wrong, i)) for i in places)
        ),
        None,
    )


@cache
def _wrong_attempt(exercise: Exercise, wrong: WrongAnswer, place: int) -> Attempt:
    """What a known wrong answer makes of a case; cases come from a seed, so that once is enough."""
    return _attempt(exercise, wrong.function, _cases(exercise)[place])


@cache
def _cases(exercise: Exercise) -> tuple[Case, ...]:
    return exercise.make_cases()


def _behave_alike(a: Attempt, b: Attempt) -> bool:
    if a.raised is not None or b.raised is not None:
        return a.raised is not None and b.raised is not None and str(a.raised) == str(b.raised)
    if a.values is None or b.values is None:
        return a.problem == b.problem
    return same_values(a.values, b.values, a.case)


# --- hints for mistakes without a name ---


def _hint(exercise: Exercise, attempts: list[Attempt], right: list[bool], attempt: Attempt) -> str:
    if attempt.raised is not None:
        return _raised_hint(exercise, attempt.raised)
    return attempt.problem or _unknown_hint(attempts, right)


def _changed_hint(changed: tuple[str, ...]) -> str:
    names = " and ".join(f"`{name}`" for name in changed)
    return (
        f"Your function changes its argument {names}. Whoever called it still needs that: work on a copy "
        f"(`{changed[0]} = {changed[0]}.copy()`), and note that `+=`, `/=` and `x[...] = …` change an array in place."
    )


def _raised_hint(exercise: Exercise, raised: Raised) -> str:
    if raised.kind == "TypeError" and "positional argument" in raised.message:
        return f"The function could not be called: {raised.message}. It is called as `{exercise.call}`."
    return f"Your function raised `{raised.kind}`: {raised.message or 'without a message'}."


def _unknown_hint(attempts: list[Attempt], right: list[bool]) -> str:
    over_floats = [ok for attempt, ok in zip(attempts, right, strict=True) if not attempt.case.exact]
    if over_floats and all(over_floats):
        return (
            "Right over floats, and off by a little over the chain's exact numbers. Each `numbers.multiply` and "
            "`numbers.divide` drops what is below the last bit, so the order of the steps matters: do them in the "
            "order of the docstring, and use no float anywhere."
        )
    if any(right):
        return "Right on some cases. Look at the first one that is not."
    return "Not yet. Compare your answer with the chain's on this case, step by step by hand."
