"""The behaviour of a function on the cases of an exercise, and the known mistake that behaves the same.

The behaviours of all mutants and of all pairs of known mistakes are computed in advance (`tao_lab.course.making`) and
stored as digests (short hashes), in one file for each lab. So a check only has to look up one digest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from tao_lab.course import sealed
from tao_lab.course.compare import same_values
from tao_lab.course.exercise import Case, Edit, EditError, Exercise, Function, Values, compiled, edited
from tao_lab.course.mutants import KINDS, Mutant, mutants
from tao_lab.course.plain import plain
from tao_lab.course.running import Raised, Ran, TimeUp, not_computed, run, safe_text, time_limit
from tao_lab.vectors import AnswerError

DIGEST_BYTES = 5
NEAR_ZERO = 1e-9  # a float below it is zero, as when answers are compared
# Floats are rounded before the digest is computed. The factor moves common numbers (0.5, 0.125) away from the points
# between two rounded values, so that the last bits of a float do not matter.
FACTOR = 0.739_085_133_215_160_7
MUTANT_SECONDS = 2.0  # a mutant that needs longer on all cases together counts as endless


@dataclass(frozen=True)
class Attempt:
    """One case, and a function's result for it: values, or a problem in words."""

    case: Case
    ran: Ran
    values: Values | None = None
    problem: str = ""

    @property
    def raised(self) -> Raised | None:
        """The error that the function raised, if any."""
        return self.ran.raised


def attempt(exercise: Exercise, function: Function, case: Case) -> Attempt:
    """Run a function on one case."""
    ran = run(function, case.arguments)
    return Attempt(case, ran) if ran.raised is not None else read_answer(exercise, ran, case)


def read_answer(exercise: Exercise, ran: Ran, case: Case) -> Attempt:
    """The values of a result, without harmless differences (see `plain`)."""
    try:
        if problem := not_computed(ran.result):
            return Attempt(case, ran, problem=problem)
        return Attempt(case, ran, exercise.read(plain(ran.result), case))
    except AnswerError as error:
        return Attempt(case, ran, problem=safe_text(error, str))
    except TimeUp:
        raise
    except BaseException as error:  # noqa: BLE001 - an answer may be an object that raises when it is looked at
        return Attempt(case, ran, problem=f"Your answer cannot be read: looking at it raises `{type(error).__name__}`.")


def is_right(attempt: Attempt, expected: Values) -> bool:
    """Whether an attempt gave the right values."""
    return attempt.values is not None and same_values(attempt.values, expected, attempt.case)


def answers_otherwise(a: Attempt, b: Attempt) -> bool:
    """Whether a function did something else when it got the same case again; texts of errors don't count."""
    if a.values is not None and b.values is not None:
        return not same_values(a.values, b.values, a.case)
    if a.raised is not None and b.raised is not None:
        return a.raised.kind != b.raised.kind
    return (a.values is None) != (b.values is None) or (a.raised is None) != (b.raised is None)


def behave_alike(a: Attempt, b: Attempt) -> bool:
    """Whether two attempts at one case had the same outcome."""
    if a.raised is not None or b.raised is not None:
        return a.raised is not None and b.raised is not None and _same_error(a.raised, b.raised)
    if a.values is None or b.values is None:
        return a.problem == b.problem
    return same_values(a.values, b.values, a.case)


def _same_error(a: Raised, b: Raised) -> bool:
    # the message of a division by zero only says what kind of numbers were divided
    return a.kind == b.kind and (a.message == b.message or a.kind == "ZeroDivisionError")


# --- digests ---


def digest(attempts: Sequence[Attempt]) -> str:
    """Digest of the results of all attempts; floats count to six digits, errors by their type."""
    total = blake2b(digest_size=DIGEST_BYTES)
    for each in attempts:
        total.update(_outcome(each).encode())
        total.update(b"\n")
    return total.hexdigest()


def _outcome(attempt: Attempt) -> str:
    if attempt.raised is not None:
        return f"raised {attempt.raised.kind}"
    if attempt.values is None:
        return f"problem {attempt.problem}"
    return _canonical(attempt.values)


def _canonical(value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return f"array{value.shape}{_canonical(value.ravel().tolist())}"
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return "0.0" if abs(value) < NEAR_ZERO else f"{value * FACTOR:.6e}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if is_dataclass(value) and not isinstance(value, type):
        return _canonical({part.name: getattr(value, part.name) for part in fields(value)})
    return repr(value)


# --- what is known ---


@dataclass(frozen=True)
class Known:
    """A known mistake, and the hint for it."""

    name: str
    hint: str


def known_behaviour(exercise: Exercise, attempts: Sequence[Attempt], right: Sequence[bool]) -> Known | None:
    """The pair of mistakes, or the mutant, that behaves like these attempts; None if none is known.

    If all attempts raised errors or gave no answer, there are too many possible reasons; the error is the better hint.
    """
    if not any(each.values is not None and not ok for each, ok in zip(attempts, right, strict=True)):
        return None
    table = known_names(exercise)
    name = table.get(digest(attempts))
    floats = [i for i, each in enumerate(attempts) if not each.case.exact]
    if name is None and not all(right[i] for i in floats):
        name = table.get(f"floats-{digest([attempts[i] for i in floats])}")
    if name is None:
        return None
    if name in KINDS:
        return Known(name, KINDS[name])
    hints = {wrong.name: wrong.hint for wrong in exercise.wrong_answers}
    first, second = name.split(" + ")
    return Known(name, f"Two things at once. {hints[first]} And: {hints[second]}")


@cache
def known_names(exercise: Exercise) -> dict[str, str]:
    """For each digest in the lab's file: the kind of mutant, or the names of the two mistakes."""
    file = table_file(exercise.id[:2])
    text = file.read_text(encoding="utf-8") if file.is_file() else sealed.texts_of(file.parent.name).get(file.name)
    if text is None:
        return {}
    known = json.loads(text).get(exercise.id, {})
    return {entry: name for name, entries in known.items() for entry in entries.split()}


def table_file(lab: str) -> Path:
    """The file with the behaviours of a lab's mutants."""
    return Path(__file__).parent / f"lab{lab}" / "behaviours.json"


# --- computing what is known ---


@dataclass(frozen=True)
class Outcome:
    """The behaviour of a changed solution on the cases.

    Attributes:
        kind: kind of the mutant, or the names of two mistakes.
        label: the change.
        state: "right" if no case shows a difference to the solution, "wrong", "no answer" or "did not end".
        digests: of its behaviour on all cases, and on the cases with floats if these are wrong.
    """

    kind: str
    label: str
    state: str
    digests: tuple[str, ...] = ()


def outcomes(exercise: Exercise, wanted: Callable[[int], bool] = lambda place: True) -> Iterator[Outcome]:
    """Compute the behaviour of each pair of known mistakes and of each mutant of a solution.

    Args:
        exercise: whose solution is changed.
        wanted: which of them to run, by index; by default all.
    """
    cases = exercise.make_cases()
    expected = [exercise.expected(case) for case in cases]
    for place, changed in enumerate(_changed(exercise)):
        if wanted(place):
            outcome = _outcome_of(exercise, changed, cases, expected)
            if getattr(changed.function, "applies", True):
                yield outcome


def _changed(exercise: Exercise) -> Iterator[Mutant]:
    for one, other in combinations([wrong for wrong in exercise.wrong_answers if isinstance(wrong, Edit)], 2):
        try:
            function = compiled(edited(exercise.source, one, other), exercise.solution)
        except (EditError, SyntaxError):
            continue  # both change the same text, so they can't be combined
        yield Mutant(f"{one.name} + {other.name}", "", function)
    yield from mutants(exercise.solution, exercise.source)


def _outcome_of(exercise: Exercise, changed: Mutant, cases: Sequence[Case], expected: Sequence[Values]) -> Outcome:
    kind, label = changed.kind, changed.label
    attempts: list[Attempt] = []
    try:
        with time_limit(max(MUTANT_SECONDS, exercise.seconds)):
            for case in cases:
                attempts.append(attempt(exercise, changed.function, case))
    except TimeUp:
        return Outcome(kind, label, "did not end")
    right = [is_right(each, values) for each, values in zip(attempts, expected, strict=True)]
    if any(each.ran.changed for each in attempts):
        return Outcome(kind, label, "no answer")
    if all(right):
        return Outcome(kind, label, "right")
    if not any(each.values is not None and not ok for each, ok in zip(attempts, right, strict=True)):
        return Outcome(kind, label, "no answer")
    digests = [digest(attempts)]
    floats = [i for i, each in enumerate(attempts) if not each.case.exact]
    if not all(right[i] for i in floats):
        digests.append(f"floats-{digest([attempts[i] for i in floats])}")
    return Outcome(kind, label, "wrong", tuple(digests))
