"""`check`: is a student's function right, and if not, which mistake is it?

The function runs on the exercise's cases. A wrong function is compared with the known wrong answers, with pairs of
them, and with mutants of the solution. If one of these behaves the same on all cases, it names the mistake.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from tao_lab.cards import Block, Card, Text, Tone
from tao_lab.course import records
from tao_lab.course.behaviour import (
    Attempt,
    Known,
    answers_otherwise,
    attempt,
    behave_alike,
    is_right,
    known_behaviour,
    read_answer,
)
from tao_lab.course.compare import differences, first_words, show_case
from tao_lab.course.exercise import Case, Exercise, Function, Values, WrongAnswer
from tao_lab.course.mutants import KINDS
from tao_lab.course.observing import observed, observed_here
from tao_lab.course.running import Raised, Ran, TimeUp, copies, has_loop, has_source, hashes_text, is_blank, time_limit
from tao_lab.errors import a_kind

JUDGING = 20.0  # seconds for comparing answers and finding the mistake
REPEATING = 1.0  # seconds for running right cases again, in another order
HASHED = (
    "`hash` of a text is another number each time Python starts, so your answer is another one on every computer. Use "
    "what is the same everywhere: the number itself, or a digest of `hashlib`."
)
State = Literal["not started", "right", "wrong"]
TONE_OF: dict[State, Tone] = {"not started": "waiting", "right": "right", "wrong": "wrong"}
CHANGEABLE = (list, dict, set, bytearray, np.ndarray, tuple)  # types of results that may change after a call
STATEFUL = (
    "Look for what outlives a call: a default argument that is a list or a dict, a name outside the function, a cache "
    "whose key leaves something out, chance, a clock."
)


@dataclass(frozen=True, repr=False)
class CheckResult:
    """The result of `check`.

    Attributes:
        exercise: id.
        state: the result in one word.
        hint: what to do about it; empty if the function is right.
        mistake: name of the wrong answer that behaves the same, or empty.
        usable: whether every case gave an answer, right or wrong.
        card: the whole result, to be shown.
        case: the smallest wrong case; None if all are right.
    """

    exercise: str
    state: State
    hint: str
    mistake: str
    usable: bool
    card: Card
    case: Case | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The arguments of the smallest wrong case, by name; empty if there is none."""
        return {} if self.case is None else copies(self.case.arguments)

    def _repr_html_(self) -> str:
        return self.card._repr_html_()

    def __repr__(self) -> str:
        return repr(self.card)


def check(exercise: Exercise, function: Any, seconds: float | None = None) -> CheckResult:
    """Judge a student's function and note the result in the student's record.

    Args:
        exercise: what should be solved.
        function: the student's function.
        seconds: that it may take for all cases together; by default what the exercise allows.
    """
    return note(judge(exercise, function, seconds))


def not_checked(exercise: Exercise, problem: str) -> CheckResult:
    """The result for a function whose cell failed when it last ran: the function is older than the cell's text."""
    hint = f"The cell with your function stopped with {problem}. Mend it, run it, then check again."
    return _result(exercise, "wrong", hint)


def note(result: CheckResult) -> CheckResult:
    """Note a result in the student's record; the card says if the record needs attention."""
    notice = records.record_check(result.exercise, result.state)
    if not notice:
        return result
    return replace(result, card=replace(result.card, blocks=(*result.card.blocks, Text(notice))))


def judge(exercise: Exercise, function: Any, seconds: float | None = None) -> CheckResult:
    """Judge a student's function. It writes no record, and raises nothing except the user's Ctrl-C.

    Args:
        exercise: what should be solved.
        function: the student's function.
        seconds: that it may take for all cases together; by default what the exercise allows.
    """
    seconds = exercise.seconds if seconds is None else seconds
    prepare(exercise)  # an error here is the lab's own, so it is not hidden
    limit = time_limit(seconds + JUDGING)
    try:
        with limit:
            return _judge(exercise, function, seconds)
    except TimeUp:
        problem = "never ends"
    except BaseException as error:  # a student's objects may raise anything when they are compared or shown
        if limit.by_user:
            raise
        problem = f"raises `{type(error).__name__}`"
    hint = f"Your answer cannot be compared with what is right: looking at it {problem}. Return plain values."
    return _result(exercise, "wrong", hint)


def prepare(exercise: Exercise) -> None:
    """Make an exercise's cases and their right values in advance, so that a check does not wait for them."""
    for case in _cases(exercise):
        _expected(exercise, case)


def _judge(exercise: Exercise, function: Any, seconds: float) -> CheckResult:
    if not callable(function):
        hint = (
            f"`check` needs the function itself: `check({exercise.id!r}, {exercise.name})`, without parentheses after "
            f"its name. It was given {a_kind(function)}."
        )
        return _result(exercise, "wrong", hint)
    if is_blank(function):
        return _not_started(exercise)
    cases = _cases(exercise)
    attempts: list[Attempt] = []
    begin = time.monotonic()
    try:
        with time_limit(seconds):
            for case in cases:
                attempts.append(attempt(exercise, function, case))
    except TimeUp:
        case = cases[min(len(attempts), len(cases) - 1)]
        question = (
            "Does its loop end, and after how many rounds?" if has_loop(function) else "What in it takes so long?"
        )
        hint = f"Your function was stopped after {seconds:g} s, on this case: {case.about}. {exercise.slow or question}"
        return _result(exercise, "wrong", hint, case=case)
    if all(_is_not_implemented(attempt.ran) for attempt in attempts) and not (
        has_source(function) and attempts[0].ran.result is None and attempts[0].raised is None
    ):
        return _not_started(exercise)
    each = (time.monotonic() - begin) / len(attempts)
    result = _judge_attempts(exercise, attempts, lambda tries: _again(exercise, function, tries, each, seconds))
    return (
        _result(exercise, "wrong", HASHED, usable=True) if result.state == "right" and hashes_text(function) else result
    )


def _again(
    exercise: Exercise, function: Function, attempts: Iterable[Attempt], each: float, seconds: float
) -> CheckResult | None:
    """Run some cases again. Returns a result if the function then does something else, otherwise None.

    Args:
        exercise: what should be solved.
        function: the student's function.
        attempts: the first attempts, in the order in which the cases are run again.
        each: seconds that a case takes; cases beyond `REPEATING` seconds are not run again.
        seconds: that all of it may take.
    """
    begin, attempts = time.monotonic(), tuple(attempts)
    asked = attempts[0]
    try:
        with time_limit(seconds):
            for asked in attempts:
                if time.monotonic() - begin + each > REPEATING:
                    break
                second = attempt(exercise, function, asked.case)
                if second.ran.changed or second.ran.touched:
                    return _altered(exercise, second, usable=True)
                if answers_otherwise(asked, second):
                    return _stateful(exercise, asked, _otherwise(exercise, asked, second))
            asked = attempts[0]
            kept = asked.raised is None and isinstance(asked.ran.result, CHANGEABLE)
            if kept and answers_otherwise(asked, read_answer(exercise, asked.ran, asked.case)):
                return _stateful(exercise, asked, "what it returned changes when it is called again")
    except TimeUp:
        return _stateful(exercise, asked, "it does not end when it is asked again")
    return None


def _otherwise(exercise: Exercise, first: Attempt, second: Attempt) -> str:
    if second.raised is not None:
        return f"asked again, it raises `{second.raised}`"
    if second.values is None:
        return f"asked again, this comes: {second.problem}"
    if exercise.quiz or first.values is None:
        return "asked again, it answers otherwise"
    words = (
        first_words(second.values, first.values, first.case).removesuffix(".").replace("right is", "at first it was")
    )
    return f"asked again, {words}"


def _stateful(exercise: Exercise, attempt: Attempt, what: str) -> CheckResult:
    hint = f"{KINDS['hidden state']} On one case ({attempt.case.about}) {what}. {exercise.remembers or STATEFUL}"
    blocks = (*show_case(attempt.case, exercise.axes), *_printed([attempt]))
    return _result(exercise, "wrong", hint, "hidden state", blocks, True, attempt.case)


def _is_not_implemented(ran: Ran) -> bool:
    if ran.raised is not None:
        return ran.raised.kind == "NotImplementedError"
    return ran.result is None or ran.result is NotImplemented or ran.result is Ellipsis


def _not_started(exercise: Exercise) -> CheckResult:
    hint = f"Replace the `...` in `{exercise.name}` by your own lines, run that cell, then this one."
    return _result(exercise, "not started", hint)


def _judge_attempts(
    exercise: Exercise, attempts: list[Attempt], again: Callable[[Iterable[Attempt]], CheckResult | None]
) -> CheckResult:
    usable = all(attempt.values is not None for attempt in attempts)
    expected = [_expected(exercise, attempt.case) for attempt in attempts]
    right = [is_right(attempt, values) for attempt, values in zip(attempts, expected, strict=True)]
    suspect = next((a for a, ok in zip(attempts, right, strict=True) if a.ran.changed or a.ran.touched or not ok), None)
    if suspect is not None and (suspect.ran.changed or suspect.ran.touched):
        return _altered(exercise, suspect, usable)
    if suspect is None:
        agree = f"All {len(attempts)} cases agree." if len(attempts) > 1 else "It agrees."
        said = (Text(agree), Text(exercise.unlocks), *_printed(attempts))
        return again(reversed(attempts)) or _result(exercise, "right", "", blocks=said, usable=True)

    place = min((i for i, ok in enumerate(right) if not ok), key=lambda i: attempts[i].case.size)
    failed = attempts[place]
    mistake: WrongAnswer | Known | None = _find_mistake(exercise, attempts, right)
    if mistake is None and (stateful := again([failed])):
        return stateful
    mistake = mistake or known_behaviour(exercise, attempts, right)
    hint = mistake.hint if mistake else _hint(exercise, attempts, right, failed)
    first = "" if failed.values is None or exercise.quiz else first_words(failed.values, expected[place], failed.case)
    blocks: list[Block] = [
        Text(f"{sum(right)} of {len(right)} cases are right. The smallest that is not: {failed.case.about}.")
    ]
    if first and not isinstance(mistake, WrongAnswer):
        hint = f"{hint} The smallest case that shows it: {failed.case.about}. There {first}"
        blocks = [Text(f"{sum(right)} of {len(right)} cases are right.")]
    elif first:
        blocks.append(Text(f"There {first}"))
    blocks += [*show_case(failed.case, exercise.axes), *_what_happened(exercise, failed, expected[place], hint)]
    name = mistake.name if mistake else ""
    return _result(exercise, "wrong", hint, name, (*blocks, *_printed([failed])), usable, failed.case)


def _altered(exercise: Exercise, attempt: Attempt, usable: bool) -> CheckResult:
    """The result for a function that changes its arguments, or something outside itself."""
    ran = attempt.ran
    hint = _changed_hint(ran.changed) if ran.changed else _touched_hint(ran.touched)
    return _result(exercise, "wrong", hint, "", _printed([attempt]), usable, attempt.case)


def _what_happened(exercise: Exercise, attempt: Attempt, expected: Values, hint: str) -> tuple[Block, ...]:
    """The result of a wrong case: numbers that differ, a problem, or the line that raised an error."""
    if attempt.values is not None and exercise.quiz:
        return ()  # don't show the right answer
    if attempt.values is not None:
        return differences(attempt.values, expected, attempt.case, exercise.axes)
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
    case: Case | None = None,
) -> CheckResult:
    said = (Text(hint),) if hint else ()
    card = Card(TONE_OF[state], state.capitalize(), f"{exercise.id} {exercise.title}", (*said, *blocks))
    return CheckResult(exercise.id, state, hint, mistake, usable, card, case)


# --- which mistake is it? ---


def _find_mistake(exercise: Exercise, attempts: list[Attempt], right: list[bool]) -> WrongAnswer | None:
    """The mistake that behaves the same on all cases, or at least on the cases with floats."""
    floats = [i for i, attempt in enumerate(attempts) if not attempt.case.exact]
    rounds = [list(range(len(attempts)))]
    if not all(right[i] for i in floats):
        rounds.append(floats)
    return next(
        (
            wrong
            for places in rounds
            for wrong in exercise.mistakes
            if all(behave_alike(attempts[i], _wrong_attempt(exercise, wrong, i)) for i in places)
        ),
        None,
    )


@cache
def _wrong_attempt(exercise: Exercise, wrong: WrongAnswer, place: int) -> Attempt:
    """A known wrong answer's result for a case; cases come from a fixed seed, so it is computed only once."""
    return attempt(exercise, wrong.function, _cases(exercise)[place])


@cache
def _cases(exercise: Exercise) -> tuple[Case, ...]:
    return exercise.make_cases()


@cache
def _expected(exercise: Exercise, case: Case) -> Values:
    return exercise.expected(case)


# --- hints for mistakes without a name ---


def _hint(exercise: Exercise, attempts: list[Attempt], right: list[bool], attempt: Attempt) -> str:
    if attempt.raised is not None:
        return _raised_hint(exercise, attempt.raised)
    return attempt.problem or _unknown_hint(exercise, attempts, right)


def _changed_hint(changed: tuple[str, ...]) -> str:
    names = " and ".join(f"`{name}`" for name in changed)
    return (
        f"Your function changes its argument {names}. Whoever called it still needs that: work on a copy "
        f"(`{changed[0]} = {changed[0]}.copy()`), and note that `+=`, `/=` and `x[...] = …` change an array in place."
    )


def _touched_hint(touched: tuple[str, ...]) -> str:
    return (
        f"Your function changes {' and '.join(touched)}. Everything else in the notebook lives with that: an answer "
        "may depend on its arguments only, and leaves the rest as it was."
    )


def _printed(attempts: list[Attempt]) -> tuple[Block, ...]:
    """What the function printed, on the first case on which it printed anything, shortened."""
    ran = next((attempt.ran for attempt in attempts if attempt.ran.characters), None)
    if ran is None:
        return ()
    rest = f"… ({ran.characters:,} characters in all)" if ran.characters > len(ran.printed) else ""
    return (Text(f"Your function printed: {ran.printed.rstrip()}{rest}"),)


def _raised_hint(exercise: Exercise, raised: Raised) -> str:
    not_called = raised.line is None and re.search(r"required keyword-only|positional argument", raised.message)
    if raised.kind == "TypeError" and not_called:
        return f"The function could not be called: {raised.message}. It is called as `{exercise.call}`."
    return f"Your function raised `{raised.kind}`: {raised.message or 'without a message'}."


def _unknown_hint(exercise: Exercise, attempts: list[Attempt], right: list[bool]) -> str:
    over_floats = [ok for attempt, ok in zip(attempts, right, strict=True) if not attempt.case.exact]
    if over_floats and all(over_floats) and exercise.rounding:
        return exercise.rounding
    wrong = [
        (attempt.values, _expected(exercise, attempt.case), attempt.case)
        for attempt, ok in zip(attempts, right, strict=True)
        if attempt.values is not None and not ok
    ]
    pattern = "" if exercise.quiz else observed(wrong)
    if wrong and not pattern and not exercise.quiz:
        here = observed_here(*min(wrong, key=lambda each: each[2].size))
        pattern = here and f"In the case below {here}"
    first = "Right on some cases." if any(right) else "Not right on any case yet."
    look = exercise.look or ("What is special about the one below?" if any(right) else "Begin with the one below.")
    return " ".join(filter(None, (first, pattern, look)))
