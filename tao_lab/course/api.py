"""The functions that a notebook calls; exercises, questions and claims are named by their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tao_lab.cards import Card, Grid, Text, Tone
from tao_lab.course import cells, checking, records, registry
from tao_lab.course.claims import AskedClaim
from tao_lab.course.prediction import Prediction
from tao_lab.course.realcode import storage_card

IN_A_SENTENCE: dict[checking.State, str] = {
    "not started": "is not started",
    "right": "is right",
    "wrong": "is wrong",
}

cells.watch_notebook()


def check(exercise: str, function: Any, seconds: float | None = None) -> checking.CheckResult:
    """Check a function that you wrote for an exercise.

    Args:
        exercise: id, for example "06.2".
        function: your function, without parentheses.
        seconds: time limit; by default the exercise's own.

    Returns:
        The result; a notebook displays it.

    Raises:
        UnknownIdError: there is no such exercise.
    """
    known = registry.find(registry.exercises(), exercise, "exercise")
    if problem := cells.problem(function):
        return checking.note(checking.not_checked(known, problem))
    return checking.check(known, function, seconds)


def predict(question: str, choice: int | None = None) -> Prediction:
    """Ask a *predict first* question.

    Args:
        question: id, for example "06.A".
        choice: number of an option, from 1, where there are no widgets to click.

    Raises:
        UnknownIdError: there is no such question.
        PredictionError: there is no such option.
    """
    return Prediction(registry.find(registry.questions(), question, "question"), choice)


def claim(number: int, choice: int | None = None) -> AskedClaim:
    """Ask for a verdict on a claim about Bittensor, then test it against the chain's rules and data.

    Args:
        number: of the claim.
        choice: number of a verdict, from 1, where there are no widgets to click.

    Raises:
        UnknownIdError: no lab tests it.
        PredictionError: there is no such verdict.
    """
    return AskedClaim(registry.find(registry.claims(), number, "claim"), choice)


def real_code(lab: str) -> Card:
    """The names that a lab's values have on the real chain.

    Args:
        lab: number, for example "06".

    Raises:
        UnknownIdError: there is no such lab.
    """
    return storage_card(registry.find(registry.real_names(), lab, "lab"))


def progress(lab: str = "") -> Card:
    """What you have done so far.

    Args:
        lab: number of a lab, for example "06"; empty for all of them.

    Raises:
        UnknownIdError: there is no such lab.
    """
    if lab != "":
        registry.find(registry.real_names(), lab, "lab")
    record = records.load()
    wanted = [e for e in registry.exercises().values() if e.id.startswith(lab)]
    rows = []
    for exercise in wanted:
        entry = record.exercises.get(exercise.id, {})
        rows.append([exercise.id, exercise.title, _standing(record, exercise.id), str(entry.get("checks", 0))])
    done = sum(record.is_right(exercise.id) for exercise in wanted)
    notice = (Text(record.notice),) if record.notice else ()
    grid = Grid(rows, ("exercise", "what", "state", "checks"))
    tone: Tone = "right" if done == len(wanted) else "info"
    return Card(tone, f"{done} of {len(wanted)}", "exercises are right", (grid, *notice))


def _standing(record: records.Record, exercise: str) -> str:
    """The state of an exercise in words, for `progress`."""
    if record.is_right(exercise):
        return "✔ right"
    last = str(record.exercises.get(exercise, {}).get("state", "not started"))
    if record.was_right(exercise):
        return f"⚠ was right, last check: {last}"
    return f"{'○' if last == 'not started' else '✘'} {last}"


def mine_or_reference(exercise: str, function: Callable[..., Any], reference: Callable[..., Any]) -> Callable[..., Any]:
    """Your function if it can run, otherwise the library's; prints which one it takes.

    It takes your function even if its results are wrong, so that you can see what they do.

    Args:
        exercise: id of the exercise that the function is for.
        function: yours.
        reference: the library's.

    Raises:
        UnknownIdError: there is no such exercise.
    """
    known = registry.find(registry.exercises(), exercise, "exercise")
    result = checking.judge(known, function)
    state = f"({known.id} {IN_A_SENTENCE[result.state]})"
    why = "is still blank" if result.state == "not started" else "cannot run here"
    said = f"yours runs {state}" if result.usable else f"your function {why}, so the lab's own runs {state}"
    print(f"{known.name}: {said}")  # noqa: T201 - for the person at the notebook
    return function if result.usable else reference


mine_or_ours = mine_or_reference  # its name in notebooks of version 0.1
