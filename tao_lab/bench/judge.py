"""How good the checks are: for every mutant of every solution, whether a case detects it, and its hint."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from tao_lab.course import registry
from tao_lab.course.behaviour import known_names, outcomes
from tao_lab.course.exercise import Edit, EditError, Exercise, compiled, edited
from tao_lab.course.mutants import KINDS
from tao_lab.processes import end_with


@dataclass(frozen=True)
class Judged:
    """Result of the mutants of one exercise.

    Attributes:
        exercise: id.
        mutants: how many.
        killed: number of mutants that a case detects.
        equivalent: mutants that no case can detect, for a reason that the exercise gives.
        survived: labels of mutants that no case detects.
        idle: labels that the exercise calls equivalent and that are not, or are not mutants.
        broken: what is wrong with edits that don't fit the solution.
        mistakes: wrong answers with a hint of their own.
        pairs: two of them at once.
        hinted: killed mutants whose hint says more than the smallest case.
    """

    exercise: str
    mutants: int
    killed: int
    equivalent: int
    survived: tuple[str, ...]
    idle: tuple[str, ...]
    broken: tuple[str, ...]
    mistakes: int
    pairs: int
    hinted: int


def measure(lab: Sequence[str] = (), done: Callable[[int], None] = lambda count: None) -> tuple[Judged, ...]:
    """Judge the exercises of some labs, or of all, on all processors.

    Args:
        lab: numbers, for example "06".
        done: called with 1 after each exercise.
    """
    wanted = exercises(lab)
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(mp_context=fork, initializer=end_with, initargs=(os.getpid(),)) as pool:
        slow_first = sorted(wanted, key=lambda exercise: -exercise.seconds)
        running = {pool.submit(judge_exercise, exercise.id): exercise.id for exercise in slow_first}
        found = {}
        for each in as_completed(running):
            found[running[each]] = each.result()
            done(1)
    return tuple(found[exercise.id] for exercise in wanted)


def exercises(lab: Sequence[str] = ()) -> tuple[Exercise, ...]:
    """The exercises of some labs, or of all."""
    return tuple(e for e in registry.exercises().values() if not lab or e.id[:2] in lab)


def judge_exercise(identity: str) -> Judged:
    """Run all mutants of one exercise."""
    exercise = registry.exercises()[identity]
    found = tuple(outcomes(exercise))
    mutants = [each for each in found if each.kind in KINDS]
    alive = [each.label for each in mutants if each.state == "right"]
    equivalent = [label for label in alive if label in exercise.equivalent]
    killed = [each for each in mutants if each.state != "right"]
    known = known_names(exercise)
    return Judged(
        identity,
        len(mutants),
        len(killed),
        len(equivalent),
        tuple(label for label in alive if label not in exercise.equivalent),
        tuple(label for label in exercise.equivalent if label not in alive),
        tuple(broken_edits(exercise)),
        len(exercise.wrong_answers),
        len(found) - len(mutants),
        sum(each.state != "wrong" or each.digests[0] in known for each in killed),
    )


def broken_edits(exercise: Exercise) -> Iterator[str]:
    """The fault of each edit of an exercise that does not fit its solution."""
    for wrong in exercise.wrong_answers:
        if isinstance(wrong, Edit):
            try:
                compiled(edited(exercise.source, wrong), exercise.solution)
            except EditError as error:
                yield str(error)
            except SyntaxError as error:
                yield f"{wrong.name!r}: what it makes of the solution is not Python: {error.msg}"
